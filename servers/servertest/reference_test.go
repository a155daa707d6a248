package servertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// reference is a goroutine a connection, as plain as it can be: the suite must find nothing in it. Each
// mutant is this server with one thing done wrong, which is what the fields of flaw are for.
type reference struct {
	cfg  servers.Config
	flaw flaw

	fatal  chan error    // an error that ends the whole server: only flaws send one
	places chan struct{} // a place for each connection served at once; nil: no bound
	shared sharedState

	stopping  atomic.Bool
	leftovers chan struct{} // what leaked goroutines wait for
}

// flaw is what a mutant does wrong. The zero value does everything right.
type flaw struct {
	session   func(p upper.Protocol) session                      // splits and answers in its own way
	visiting  func(r *reference, v *visit) session                // the same, for one client
	answer    func(in, out []byte) []byte                         // changes the reply to one read
	read      func(r *reference, v *visit, p []byte) (int, error) // instead of reading
	write     func(r *reference, v *visit, p []byte) (int, error) // instead of writing
	start     func(r *reference)                                  // beside everything else
	begin     func(r *reference, v *visit)                        // before the first read
	end       func(r *reference, v *visit, err error)             // before the close
	stopped   func(r *reference, v *visit)                        // instead of lingering after a stop
	over      func(r *reference, ln net.Listener)                 // before Serve returns
	listening func(ln net.Listener)                               // first of all
	panics    func(r *reference, v *visit, err error)             // instead of reporting

	places      func(cfg servers.Config) int        // how many are served at once
	keepPlace   func(err error) bool                // whether an ended connection keeps its place
	full        func(r *reference, c net.Conn) bool // instead of waiting for a place: true when dealt with
	leak        func(err error) bool                // whether the connection is left open
	twoReaders  bool                                // two goroutines are given each connection
	ignoresStop bool                                // accepts on after the stop
	patient     bool                                // no drain deadline
	silentCut   bool                                // does not say what it cut off
	unhalted    bool                                // does not interrupt reads at the stop
	cancelled   bool                                // ends the handler's wait at the stop
	rude        bool                                // closes without lingering
	result      error                               // what Serve returns
	retry       func(r *reference, err error)       // on an error of accept
	halted      func(v *visit)                      // instead of ending reads at the stop
	lingers     func(r *reference, v *visit)        // instead of lingering
	early       bool                                // returns from Serve while connections are served
	inTurn      bool                                // waits for each connection's own deadline at the stop
	miscounts   bool                                // says that one connection was cut off, however many were
	endless     bool                                // lets work go on past the deadline
	hasty       bool                                // drops the rest of what was read at the stop
}

// session is what upper.Session does.
type session interface {
	Feed(ctx context.Context, dst, buf []byte) (out []byte, n int, err error)
	Close(dst []byte) ([]byte, error)
}

// sharedState is what some mutants wrongly share between connections.
type sharedState struct {
	mu     sync.Mutex
	buf    []byte
	visits []*visit
	count  atomic.Int64
	parts  map[string]session
}

func entryOf(name string, f flaw, traits servers.Traits) servers.Entry {
	return servers.Entry{Name: name, Traits: traits, New: func(cfg servers.Config) servers.Server {
		r := &reference{cfg: cfg.WithDefaults(), flaw: f, fatal: make(chan error, 1), leftovers: make(chan struct{})}
		if traits.Permits {
			n := traits.Capacity(cfg)
			if f.places != nil {
				n = f.places(cfg)
			}
			r.places = make(chan struct{}, max(n, 1))
		}
		return r
	}}
}

func (r *reference) Serve(outer context.Context, ln net.Listener) error {
	ctx, cancel := context.WithCancel(outer)
	defer cancel()
	var wg, talks sync.WaitGroup
	var open sync.Map // the visits
	var cut atomic.Int64
	var fatal error
	work, endWork := context.WithCancel(context.Background())
	defer endWork()
	done := make(chan struct{})
	if r.flaw.listening != nil {
		r.flaw.listening(ln)
	}
	if r.flaw.start != nil {
		wg.Go(func() { r.flaw.start(r) })
	}
	wg.Go(func() {
		select {
		case <-ctx.Done():
		case fatal = <-r.fatal:
			cancel()
		}
		r.stopping.Store(true)
		if !r.flaw.ignoresStop {
			ln.Close()
		}
		open.Range(func(v, _ any) bool { v.(*visit).halt(r); return true })
		limit := r.cfg.DrainTimeout
		if r.flaw.patient {
			limit = 20 * time.Second
		}
		select {
		case <-done:
		case <-time.After(limit):
			if !r.flaw.endless {
				endWork()
			}
			open.Range(func(v, _ any) bool {
				if cut.Add(1); r.flaw.inTurn && cut.Load() > 1 {
					time.Sleep(limit)
				}
				v.(*visit).Close()
				return true
			})
		}
		if r.flaw.ignoresStop {
			ln.Close()
		}
	})
	for {
		c, err := ln.Accept()
		if ctx.Err() != nil && !r.flaw.ignoresStop || errors.Is(err, net.ErrClosed) {
			if err == nil {
				c.Close()
			}
			break
		}
		if err != nil {
			if r.flaw.retry != nil {
				r.flaw.retry(r, err)
			} else {
				time.Sleep(5 * time.Millisecond)
			}
			continue
		}
		if r.flaw.full != nil && r.flaw.full(r, c) || !r.place(ctx) {
			c.Close()
			continue
		}
		v := &visit{stream: c.(stream)}
		open.Store(v, nil)
		if ctx.Err() != nil {
			v.halt(r)
		}
		talks.Go(func() {
			if r.flaw.begin != nil {
				r.flaw.begin(r, v)
			}
			if r.flaw.twoReaders {
				var second sync.WaitGroup
				second.Go(func() { r.talk(ctx, work, v) })
				defer second.Wait()
			}
			err := r.talk(ctx, work, v)
			if r.flaw.end != nil {
				r.flaw.end(r, v, err)
			}
			open.Delete(v)
			if r.flaw.leak == nil || !r.flaw.leak(err) {
				v.Close()
			} else {
				leaked.Store(v, nil)
			}
			if r.places != nil && (r.flaw.keepPlace == nil || !r.flaw.keepPlace(err)) {
				<-r.places
			}
		})
	}
	if !r.flaw.early {
		talks.Wait()
	}
	if r.flaw.over != nil {
		r.flaw.over(r, ln)
	}
	close(done)
	wg.Wait()
	if n := cut.Load(); n > 0 && !r.flaw.silentCut {
		if r.flaw.miscounts {
			n = 1
		}
		return fmt.Errorf("reference: %d connections were cut off before their replies were written", n)
	}
	return errors.Join(fatal, r.flaw.result)
}

// leaked keeps what mutants leave open from being closed by the garbage collector.
var leaked sync.Map

// place waits for a place; false means that the server was told to stop.
func (r *reference) place(ctx context.Context) bool {
	if r.places == nil {
		return true
	}
	select {
	case r.places <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

type stream interface {
	net.Conn
	CloseWrite() error
}

// visit is one connection. The deadline that interrupts its reads must not fall on its linger.
type visit struct {
	stream
	mu        sync.Mutex
	lingering bool
	last      []byte      // the last reply
	queue     chan []byte // of mutants that write later
	held      []byte      // the same
	ahead     chan []byte // of mutants that read before they are asked
	opened    time.Time
	reads     int
	holds     bool // a lock
}

// keep remembers a reply for mutants.
func (v *visit) keep(reply []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last = reply
}

func (v *visit) halt(r *reference) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case r.flaw.halted != nil:
		r.flaw.halted(v)
	case !v.lingering && !r.flaw.unhalted:
		v.SetReadDeadline(time.Now())
	}
}

// die ends the whole server with err, which only flaws do.
func (r *reference) die(err error) {
	select {
	case r.fatal <- err:
	default:
	}
}

func (r *reference) read(v *visit, p []byte) (int, error) {
	if r.flaw.read != nil {
		return r.flaw.read(r, v, p)
	}
	return v.Read(p)
}

func (r *reference) write(v *visit, p []byte) (int, error) {
	if r.flaw.write != nil {
		return r.flaw.write(r, v, p)
	}
	return v.Write(p)
}

// talk answers one connection and returns why it ended. What its requests wait for ends with work.
func (r *reference) talk(ctx, work context.Context, v *visit) error {
	var read, written int64
	defer func() { r.cfg.Tally.End(read, written) }()
	session := r.session(v)
	in, out := make([]byte, r.cfg.ReadSize), []byte(nil)
	handler := work
	if r.flaw.cancelled {
		handler = ctx
	}
	for ctx.Err() == nil || r.flaw.unhalted {
		n, err := r.read(v, in)
		read += int64(n)
		for rest := in[:n]; len(rest) > 0; {
			took, fault := 0, error(nil)
			out, took, fault = session.Feed(handler, out[:0], rest)
			if r.flaw.answer != nil {
				out = r.flaw.answer(rest[:took], out)
			}
			v.keep(out)
			w, werr := r.write(v, out)
			written += int64(w)
			rest = rest[took:]
			if werr != nil {
				return werr
			}
			if r.flaw.hasty && r.stopping.Load() {
				break
			}
			if fault != nil {
				r.fault(v, fault)
				r.linger(v)
				return fault
			}
		}
		if err == io.EOF {
			out, err = session.Close(out[:0])
			if errors.Is(err, upper.ErrCutOff) {
				r.cfg.Tally.Dropped.Add(1)
			}
			w, _ := r.write(v, out)
			written += int64(w)
			return io.EOF
		}
		if err != nil && !os.IsTimeout(err) {
			return err
		}
	}
	if r.flaw.stopped != nil {
		r.flaw.stopped(r, v)
	}
	r.linger(v)
	return nil
}

func (r *reference) session(v *visit) session {
	if r.flaw.visiting != nil {
		return r.flaw.visiting(r, v)
	}
	if r.flaw.session != nil {
		return r.flaw.session(r.cfg.Protocol)
	}
	s := r.cfg.Protocol.NewSession()
	return &s
}

func (r *reference) fault(v *visit, err error) {
	switch {
	case errors.Is(err, upper.ErrTooLong), errors.Is(err, context.Canceled):
	case r.flaw.panics != nil:
		r.flaw.panics(r, v, err)
	default:
		r.cfg.Report(err)
	}
}

// linger discards input until the peer has closed, so that no reset destroys replies on their way.
func (r *reference) linger(v *visit) {
	if r.flaw.rude {
		return
	}
	if r.flaw.lingers != nil {
		r.flaw.lingers(r, v)
		return
	}
	v.CloseWrite()
	v.mu.Lock()
	v.lingering = true
	v.SetReadDeadline(time.Now().Add(r.cfg.Linger))
	v.mu.Unlock()
	io.Copy(io.Discard, v.stream)
}

// TestReference: a suite that finds fault with a correct server is itself wrong.
func TestReference(t *testing.T) {
	t.Parallel()
	t.Run("unbounded", func(t *testing.T) { Run(t, entryOf("reference", flaw{}, servers.Traits{})) })
	t.Run("bounded", func(t *testing.T) {
		apart(t, func(t *testing.T) {
			target := InProcess(entryOf("reference", flaw{}, servers.Traits{Permits: true}), "tcp", t.TempDir())
			RunTarget(t, target, Options{Quick: true})
		})
	})
}
