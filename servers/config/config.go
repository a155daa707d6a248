// Package config holds the settings of a server and the counters that it keeps. Package servers, its designs and the
// packages that they share all use it.
package config

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"socketbench/servers/upper"
)

// Config has the settings of a server. The zero value serves the raw protocol with the defaults, which [Knobs] gives.
// As JSON it is sent to a child process, without the fields that cannot leave this process.
type Config struct {
	Protocol upper.Protocol

	ReadSize      int // bytes of one read
	Workers       int // of a pool, see Pool; of a design with loops, see Loops
	Queue         int // how many wait for a worker before the design pushes back
	ReceiveBuffer int // bytes that the system keeps of datagrams that were not read yet; 0: its own choice
	MaxConns      int // connections admitted at once by designs that bound them, see Permits

	IdleTimeout  time.Duration // silence after which designs with Traits.IdleLimit close
	Linger       time.Duration // how long input is discarded after the last reply
	DrainTimeout time.Duration // after which a draining server cuts connections off

	Tally  *Tally      `json:"-"` // the counters; nil: nothing reads them
	Report func(error) `json:"-"` // called with errors worth a log line, from any goroutine; nil: they are dropped
}

// WithDefaults returns c with its zero fields filled in. Constructors call it.
func (c Config) WithDefaults() Config {
	for _, k := range Knobs {
		k.fill(&c)
	}
	c.Protocol = c.Protocol.WithDefaults()
	if c.Tally == nil {
		c.Tally = new(Tally)
	}
	if c.Report == nil {
		c.Report = func(error) {}
	}
	return c
}

// Pool returns the number of workers of a pool.
func (c Config) Pool() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return DefaultWorkers
}

// Loops returns the number of event loops or acceptors: one for each CPU, unless Workers is set.
func (c Config) Loops() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// DefaultWorkers is the size of a pool unless Config.Workers is set.
const DefaultWorkers = 8

// Permits returns the number of connections that an admission semaphore lets in.
func (c Config) Permits() int {
	if c.MaxConns > 0 {
		return c.MaxConns
	}
	return 1024
}

// Fault handles the error that ended a connection. It counts a request that its sender cut off in the
// middle, ignores the errors of an ordinary end (the peer has closed or reset the connection, or the
// server was told to stop), and passes every other error to Report.
func (c Config) Fault(err error) {
	switch {
	case errors.Is(err, upper.ErrCutOff):
		c.Tally.Dropped.Add(1)
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrClosedPipe),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ENOTCONN),
		errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.Canceled):
	default:
		c.Report(err)
	}
}

// Tally counts what a server did. A design adds to it once for each connection, when the connection
// has ended, so that counting does not slow requests down. It is safe for concurrent use.
//
// A design need not count. If it does, a test checks the counts: after the end, Read and Written are the bytes of all
// connections, and Dropped has one for each request that was cut off. If a design leaves all at zero, nothing is checked,
// and its trials have no figures of the server's own about bytes and connections.
type Tally struct {
	Conns   atomic.Int64 // connections ended
	Read    atomic.Int64 // bytes read from clients and taken as input; what was discarded while lingering is not
	Written atomic.Int64 // bytes handed to the system as replies
	Dropped atomic.Int64 // requests that were cut off in the middle by their sender
	Lost    atomic.Int64 // datagrams that the system dropped, or did not accept
}

// End adds one ended connection.
func (t *Tally) End(read, written int64) {
	t.Conns.Add(1)
	t.Read.Add(read)
	t.Written.Add(written)
}
