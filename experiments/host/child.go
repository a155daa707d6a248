package host

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"socketbench/servers"
	"socketbench/servers/address"
)

// Child is the life of a server's process: it serves what the first command orders and answers the
// commands after it, until in ends. It is called by the hidden subcommand of that name, with the
// registry that the command line has, and with in and out kept away from whatever the server prints; see
// [Stdio].
//
// When in ends before the server has drained, Child returns without waiting for it: nobody is left who
// could want its answers. It returns too when the server ends untold, with its error: that server has died.
func Child(registry servers.Registry, in io.Reader, out io.Writer) error {
	c := child{registry: registry, out: json.NewEncoder(out), started: time.Now(), tally: new(servers.Tally), failed: make(chan error, 1)}
	answered := make(chan error, 1)
	go func() { answered <- answer(in, c.out, c.carryOut) }()
	select {
	case err := <-answered:
		c.stopProfile()
		return err
	case err := <-c.failed:
		return err
	}
}

// answer carries out one command a line until in ends.
func answer(in io.Reader, out *json.Encoder, carryOut func(Command) (Reply, error)) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var cmd Command
		if err := json.Unmarshal(lines.Bytes(), &cmd); err != nil {
			return fmt.Errorf("host: command %q is not JSON: %w", lines.Text(), err)
		}
		reply, err := carryOut(cmd)
		if err != nil {
			reply.Error = err.Error()
		}
		if err := out.Encode(reply); err != nil {
			return nil // the parent has gone; so do we
		}
	}
	return lines.Err()
}

type child struct {
	registry servers.Registry
	out      *json.Encoder
	started  time.Time
	tally    *servers.Tally
	faults   atomic.Int64

	stop                    context.CancelFunc // nil: not serving
	served                  chan error
	up                      atomic.Bool // the order to serve has been answered
	failed                  chan error  // that server ended untold
	goroutines, descriptors int         // before Serve
	profile                 *profile
}

func (c *child) carryOut(cmd Command) (Reply, error) {
	switch cmd.Verb {
	case VerbServe:
		if cmd.Order == nil || c.stop != nil {
			return Reply{}, errors.New("host: serve needs an order, once")
		}
		address, err := c.serve(*cmd.Order)
		return Reply{Address: address}, err
	case VerbSnapshot:
		s := c.snapshot()
		return Reply{Snapshot: &s}, nil
	case VerbSettle:
		debug.FreeOSMemory()
		return Reply{}, nil
	case VerbProfile:
		return Reply{}, c.startProfile(cmd.Profile, cmd.File)
	case VerbProfiled:
		return Reply{}, c.stopProfile()
	case VerbDrain:
		if c.stop == nil {
			return Reply{}, errors.New("host: nothing is served")
		}
		d := c.drain()
		return Reply{Drained: &d}, nil
	}
	return Reply{}, fmt.Errorf("host: no verb %q", cmd.Verb)
}

// serve binds, starts the server and returns the address: the listener's backlog answers from here on.
func (c *child) serve(o Order) (string, error) {
	entry, err := c.registry.Lookup(o.Server)
	if err != nil {
		return "", err
	}
	cfg := o.Config
	cfg.Tally = c.tally
	cfg.Report = func(err error) {
		if c.faults.Add(1) <= 20 { // a fault in every request must not fill the parent's memory
			fmt.Fprintln(os.Stderr, err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	var serve func() error
	var at address.Address
	if entry.New != nil {
		where, err := bind(o.Transport, o.Socket)
		if err != nil {
			stop()
			return "", err
		}
		ln, err := servers.Listen(ctx, where, entry.Traits)
		if err != nil {
			stop()
			return "", err
		}
		at = address.Of(ln.Addr())
		server := entry.New(cfg)
		serve = func() error { return server.Serve(ctx, ln) }
	} else {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			stop()
			return "", err
		}
		at = address.Of(pc.LocalAddr())
		server := entry.NewPacket(cfg)
		serve = func() error { return server.ServePacket(ctx, pc) }
	}
	c.stop, c.served = stop, make(chan error, 1)
	c.goroutines, c.descriptors = runtime.NumGoroutine(), descriptors()
	ended := make(chan struct{})
	go func() {
		err := serve()
		untold := ctx.Err() == nil
		if untold && err == nil {
			err = errors.New("the server stopped serving and was not told to")
		}
		c.served <- err
		close(ended)
		if untold && c.up.Load() {
			c.failed <- err
		}
	}()
	// A design that lacks what it needs says so at once. What comes later is a death, which is told as one.
	select {
	case <-ended:
		return "", <-c.served
	case <-time.After(startGrace):
		c.up.Store(true)
	}
	select {
	case <-ended: // just now: it may not have seen that it was up
		return "", <-c.served
	default:
		return at.String(), nil
	}
}

// startGrace is within which the end of Serve is a failure to start.
const startGrace = 5 * time.Millisecond

// bind returns where a measured server listens: a port of the system's choice on loopback, or the unix
// socket at path.
func bind(transport, path string) (address.Address, error) {
	switch transport {
	case "", "tcp":
		return address.Address{Network: "tcp", Where: "127.0.0.1:0"}, nil
	case "unix":
		return address.Address{Network: "unix", Where: path}, nil
	}
	return address.Address{}, fmt.Errorf("host: no transport %q; there are tcp and unix", transport)
}

// drain stops the server and counts what it left behind.
func (c *child) drain() Drained {
	start := time.Now()
	c.stop()
	err := <-c.served
	d := Drained{Nanoseconds: time.Since(start).Nanoseconds()}
	if err != nil {
		d.Error = err.Error()
	}
	c.served <- err // so that a second drain is answered like the first
	// Serve has returned, so everything it started has ended; the runtime may need a moment to say so.
	for range 50 {
		// The goroutine that called Serve has ended or is about to.
		d.Goroutines = max(0, runtime.NumGoroutine()-c.goroutines)
		d.Descriptors = max(0, descriptors()-c.descriptors)
		if d.Goroutines == 0 && d.Descriptors == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	d.Last = c.snapshot()
	return d
}

func (c *child) snapshot() Snapshot {
	s := runtimeFigures()
	s.Conns, s.Dropped = c.tally.Conns.Load(), c.tally.Dropped.Load()
	s.Read, s.Written = c.tally.Read.Load(), c.tally.Written.Load()
	s.Faults = c.faults.Load()
	s.Clock = time.Since(c.started).Seconds()
	return s
}
