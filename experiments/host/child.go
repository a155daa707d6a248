package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"socketbench/patterns/child"
	"socketbench/servers"
	"socketbench/servers/address"
)

// Child returns the life of a server's process, for child.Become with [ChildCommand]: it serves what the first command
// names, of the servers of a registry, and answers the commands after it.
//
// When there is nobody left to command it before the server has drained, the process ends without waiting for that:
// nobody could want its answers. It ends too when the server ends untold, with its error: that server has died.
func Child(registry servers.Registry) func(context.Context, *child.Conn) error {
	return func(ctx context.Context, parent *child.Conn) error {
		s := service{registry: registry, started: time.Now(), tally: new(servers.Tally), failed: make(chan error, 1)}
		answered := make(chan struct{})
		go func() {
			answer(parent, s.carryOut)
			close(answered)
		}()
		select {
		case <-answered:
			return s.stopProfile()
		case err := <-s.failed:
			return err
		case <-ctx.Done(): // a server that hangs must not keep it
			return errors.New("host: the server's process was told to end by a signal")
		}
	}
}

// answer carries out one command after another until nobody is there who could send one.
func answer(parent *child.Conn, carryOut func(Command) (Reply, error)) {
	for {
		var cmd Command
		err := parent.Receive(&cmd)
		if err == io.EOF {
			return
		}
		var reply Reply
		if err == nil {
			reply, err = carryOut(cmd)
		}
		if err != nil {
			reply.Error = err.Error()
		}
		parent.Send(reply) // if nobody is there, nothing can be received either
	}
}

// service is the server that a child has.
type service struct {
	registry servers.Registry
	started  time.Time
	tally    *servers.Tally
	faults   atomic.Int64

	stop                    context.CancelFunc // nil: not serving
	served                  chan error
	up                      atomic.Bool // the command to serve has been answered
	failed                  chan error  // that server ended untold
	goroutines, descriptors int         // before Serve
	profile                 *profile

	taking   sync.Mutex
	taken    []Taken
	recorded bool
}

// record keeps a request, and is the protocol's hook where a job asks for it.
func (s *service) record(request []byte) {
	s.taking.Lock()
	defer s.taking.Unlock()
	if len(s.taken) < takenMost {
		s.taken = append(s.taken, Taken{At: time.Now().UnixNano(), Bytes: len(request), Text: bytes.Clone(request[:min(len(request), TakenText)])})
	}
}

func (s *service) carryOut(cmd Command) (Reply, error) {
	switch cmd.Verb {
	case VerbServe:
		if cmd.Job == nil || s.stop != nil {
			return Reply{}, errors.New("host: serve needs a job, once")
		}
		address, err := s.serve(*cmd.Job)
		return Reply{Address: address}, err
	case VerbSnapshot:
		snapshot := s.snapshot()
		return Reply{Snapshot: &snapshot}, nil
	case VerbSettle:
		debug.FreeOSMemory()
		return Reply{}, nil
	case VerbProfile:
		return Reply{}, s.startProfile(cmd.Profile, cmd.File)
	case VerbProfiled:
		return Reply{}, s.stopProfile()
	case VerbDrain:
		if s.stop == nil {
			return Reply{}, errors.New("host: nothing is served")
		}
		d := s.drain()
		return Reply{Drained: &d}, nil
	}
	return Reply{}, fmt.Errorf("host: no verb %q", cmd.Verb)
}

// serve binds, starts the server and returns the address: the listener's backlog answers from here on.
func (s *service) serve(o Job) (string, error) {
	entry, err := s.registry.Lookup(o.Server)
	if err != nil {
		return "", err
	}
	cfg := o.Config
	cfg.Tally = s.tally
	cfg.Report = func(err error) {
		if s.faults.Add(1) <= 20 { // a fault in every request must not fill the parent's memory
			fmt.Fprintln(os.Stderr, err)
		}
	}
	if o.Record && !entry.Traits.Processes {
		s.recorded, cfg.Protocol.Hook = true, s.record
	}
	ctx, stop := context.WithCancel(context.Background())
	var serve func() error
	var at address.Address
	if entry.New != nil {
		where, err := bind(o)
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
		if o.Transport != "udp" && o.Transport != "" {
			stop()
			return "", fmt.Errorf("host: %q answers datagrams; its transport is udp", o.Server)
		}
		pc, err := servers.ListenPacket(ctx, address.Address{Network: "udp", Where: anyPort(o.Listen)}, cfg)
		if err != nil {
			stop()
			return "", err
		}
		at = address.Of(pc.LocalAddr())
		server := entry.NewPacket(cfg)
		serve = func() error { return server.ServePacket(ctx, pc) }
	}
	s.stop, s.served = stop, make(chan error, 1)
	s.goroutines, s.descriptors = runtime.NumGoroutine(), descriptors()
	ended := make(chan struct{})
	go func() {
		err := serve()
		untold := ctx.Err() == nil
		if untold && err == nil {
			err = errors.New("the server stopped serving and was not told to")
		}
		s.served <- err
		close(ended)
		if untold && s.up.Load() {
			s.failed <- err
		}
	}()
	// A design that lacks what it needs fails at once. One that ends later has died, which is another error.
	select {
	case <-ended:
		return "", <-s.served
	case <-time.After(startGrace):
		s.up.Store(true)
	}
	select {
	case <-ended: // just now: it may not have seen that it was up
		return "", <-s.served
	default:
		return at.String(), nil
	}
}

// startGrace is how long Serve must go on for the server to count as started.
const startGrace = 5 * time.Millisecond

// bind returns where a measured server listens: a port of the system's choice, or the path of a unix socket.
func bind(o Job) (address.Address, error) {
	switch o.Transport {
	case "", "tcp":
		return address.Address{Network: "tcp", Where: anyPort(o.Listen)}, nil
	case "unix":
		return address.Address{Network: "unix", Where: o.Socket}, nil
	}
	return address.Address{}, fmt.Errorf("host: no transport %q; there are tcp and unix", o.Transport)
}

// loopback is where servers listen that no other machine is to reach.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// anyPort is an address with a port of the system's choice.
func anyPort(at netip.Addr) string {
	if !at.IsValid() {
		at = loopback
	}
	return netip.AddrPortFrom(at, 0).String()
}

// drain stops the server and counts what it left behind.
func (s *service) drain() Drained {
	start := time.Now()
	s.stop()
	err := <-s.served
	d := Drained{Nanoseconds: time.Since(start).Nanoseconds()}
	if err != nil {
		d.Error = err.Error()
	}
	s.served <- err // so that a second drain is answered like the first
	// Serve has returned, so what it started has ended; the runtime may need a moment to count that.
	for range 50 {
		d.Goroutines = max(0, runtime.NumGoroutine()-s.goroutines)
		d.Descriptors = max(0, descriptors()-s.descriptors)
		if d.Goroutines == 0 && d.Descriptors == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	d.Last = s.snapshot()
	return d
}

func (s *service) snapshot() Snapshot {
	now := runtimeFigures()
	now.Conns, now.Dropped = s.tally.Conns.Load(), s.tally.Dropped.Load()
	now.Read, now.Written = s.tally.Read.Load(), s.tally.Written.Load()
	now.Faults = s.faults.Load()
	now.Clock = time.Since(s.started).Seconds()
	if s.recorded {
		s.taking.Lock()
		now.Taken, now.Recorded = slices.Clone(s.taken), true
		s.taking.Unlock()
	}
	return now
}
