package servers

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

	"socketbench/servers/address"
	"socketbench/servers/upper"
)

// A Server answers the uppercase protocol on a stream listener. Every design is one.
type Server interface {
	// Serve owns ln until it returns. When ctx ends it drains: it closes ln, stops reading, answers
	// what was read, shuts down writing, lingers (discards input until the peer's EOF or
	// Config.Linger) and closes. It returns nil once every connection is closed and every goroutine
	// it started has ended; past Config.DrainTimeout, an error that says how many connections were
	// cut off before their replies were written. Any other error is the listener's, or that of a
	// resource the design needs.
	Serve(ctx context.Context, ln net.Listener) error
}

// A PacketServer makes the same promise for datagrams: one request a datagram, one reply to its
// sender.
type PacketServer interface {
	ServePacket(ctx context.Context, pc net.PacketConn) error
}

// Config is what all designs can be told. The zero value serves the raw protocol with the defaults.
type Config struct {
	Protocol upper.Protocol

	ReadSize int // bytes of one read; 0: 16 KiB
	Workers  int // of a pool: 0 means 8; of a design with loops: 0 means GOMAXPROCS
	Queue    int // how many wait for a worker before the design pushes back; 0: 1024
	MaxConns int // connections admitted at once by designs that bound them; 0: the design's default

	IdleTimeout  time.Duration // silence after which designs with Traits.IdleLimit close; 0: 5 s
	Linger       time.Duration // how long input is discarded after the last reply; 0: 500 ms
	DrainTimeout time.Duration // after which a draining server cuts connections off; 0: 5 s

	Tally  *Tally      // counts what was done; nil: nobody looks
	Report func(error) // told of faults worth a log line, from any goroutine; nil: dropped
}

// WithDefaults returns c with its zero fields filled in. Constructors call it.
func (c Config) WithDefaults() Config {
	c.Protocol = c.Protocol.WithDefaults()
	def(&c.ReadSize, 16<<10)
	def(&c.Queue, 1024)
	def(&c.IdleTimeout, 5*time.Second)
	def(&c.Linger, 500*time.Millisecond)
	def(&c.DrainTimeout, 5*time.Second)
	if c.Tally == nil {
		c.Tally = new(Tally)
	}
	if c.Report == nil {
		c.Report = func(error) {}
	}
	return c
}

func def[T int | time.Duration](field *T, value T) {
	if *field <= 0 {
		*field = value
	}
}

// pool returns the number of workers of a pool.
func (c Config) pool() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return DefaultWorkers
}

// loops returns the number of event loops or acceptors, one a CPU.
func (c Config) loops() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// DefaultWorkers is the size of a pool that was not told another.
const DefaultWorkers = 8

// fault takes the error that ended a connection. It counts a request that was cut off in the middle
// and reports the rest, unless it is the everyday end: the peer has gone, or the server was told to
// stop.
func (c Config) fault(err error) {
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

// Tally counts what a server did. A design adds to it once a connection, when the connection has
// ended, so that counting costs nothing where requests are answered. Safe for concurrent use.
type Tally struct {
	Conns   atomic.Int64 // connections ended
	Read    atomic.Int64 // bytes read from clients and taken as input; what was discarded while lingering is not
	Written atomic.Int64 // bytes handed to the system as replies
	Dropped atomic.Int64 // requests that were cut off in the middle by their sender
	Lost    atomic.Int64 // datagrams that the system threw away, or would not take
}

// End adds one ended connection.
func (t *Tally) End(read, written int64) {
	t.Conns.Add(1)
	t.Read.Add(read)
	t.Written.Add(written)
}

// Entry is one server of the registry, or one that an author brings.
type Entry struct {
	Name   string // as typed in commands
	Idea   string // the design in one sentence
	Family string // blocking, goroutines, pools, polling, readiness, completion, processes, datagrams, libraries
	After  string // the design to read before this one; the diff against it is the lesson

	New       func(Config) Server       `json:"-"` // nil where the platform lacks what it Needs
	NewPacket func(Config) PacketServer `json:"-"` // datagram designs only
	Needs     string                    // "": any platform; "unix"; "linux"; or the program it is run with
	Instead   string                    // where it is not available: a sentence on what to use

	// Launch is for a server in another language: it puts what the server is made of into dir,
	// which the caller owns, and returns the shell command that runs it, with {port} in it.
	Launch func(dir string) (command string, err error) `json:"-"`

	Traits Traits

	Code string `json:"-"` // the text of its file, for reading; "" for the designs of this package, which know theirs
	File string `json:"-"` // the name of that file, which says its language; "": servers/NAME.go
}

// Available reports whether the design runs here.
func (e Entry) Available() bool { return e.Streams() || e.NewPacket != nil }

// Streams reports whether the design answers connections, and runs here.
func (e Entry) Streams() bool { return e.New != nil || e.Launch != nil }

// Traits say what a design promises and what it needs. Code outside the registry asks them and
// never a name. The zero value is a design that serves any number of connections, one read batch
// each, on one CPU, over tcp and unix.
type Traits struct {
	MaxConns      int  // connections served at once; 0: no bound of its own
	ConnPerWorker bool // a connection holds one of Config.Workers until it ends
	Permits       bool // a connection holds one of Config.MaxConns permits until it ends
	Ahead         int  // read batches it may hold per connection; 0 means 1
	Cores         bool // can use several CPUs
	Stalls        bool // a handler that waits stalls every connection of its loop
	IdleLimit     bool // closes a connection that is silent for Config.IdleTimeout
	TCPOnly       bool // no unix sockets
	ReusePort     bool // binds its own listeners to the address of the one it is given
	Processes     bool // serves from child processes
	Uncounted     bool // its reads and writes are calls that the kernel does not count: recv, send, io_uring
	MaxFD         int  // descriptors at and above it are refused; 0: no bound of its own

	PerConn time.Duration // what each silent connection adds to everybody's wait; 0: nothing to speak of

	Faults []Fault // what it is known to get wrong
}

// A Fault is a promise that a design is known not to keep. A test asserts that it is still so.
type Fault struct {
	Case     string // the conformance case that shows it, at the latest when it is tried again; "": none does
	Also     string // a regular expression of other cases, which it breaks now and then; "": none
	Sentence string // what happens, for a reader
}

// Capacity returns how many connections the design serves at once under cfg; 0 means no bound.
func (t Traits) Capacity(cfg Config) int {
	switch {
	case t.ConnPerWorker:
		return cfg.pool()
	case t.Permits && t.MaxConns > 0 && cfg.MaxConns > 0:
		return min(cfg.MaxConns, t.MaxConns)
	case t.Permits && t.MaxConns == 0:
		return cfg.permits()
	}
	return t.MaxConns
}

// permits returns the number of connections that an admission semaphore lets in.
func (c Config) permits() int {
	if c.MaxConns > 0 {
		return c.MaxConns
	}
	return 1024
}

// Listen binds a stream address the way every server here is bound, so that no design owes anything
// to its listener: plain TCP, no keep-alive probes, the system's backlog.
func Listen(ctx context.Context, at address.Address, t Traits) (net.Listener, error) {
	lc := net.ListenConfig{KeepAlive: -1}
	lc.SetMultipathTCP(false)
	if t.ReusePort {
		lc.Control = reusePort
	}
	return lc.Listen(ctx, at.Network, at.Where)
}
