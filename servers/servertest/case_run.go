package servertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// caseRun is one run of one case: a server, the clients it talks with and what was noted.
type caseRun struct {
	ctx        context.Context
	server     *Instance
	target     *Target
	config     servers.Config // what the server was started with
	framing    upper.Framing
	limit      int
	patience   time.Duration
	connecting time.Duration // time limit of a connect; it never shrinks, as the system retries only after 1 s if the accept queue was full
	quick      bool
	pace       *pace // of the whole check; nil: late replies are not counted
	rng        *rand.Rand

	single     bool         // the server was found to serve one connection at a time
	shares     bool         // the server is one that other cases use as well
	stopped    bool         // the case told the server to stop
	mayFail    bool         // the server may end with an error, because the case provokes one
	connected  atomic.Int64 // connections made
	heard      atomic.Int64 // when a client got bytes for the last time, on the clock of package proc
	rude       atomic.Bool  // a client left in a way that makes reads or writes of the server fail
	unbalanced atomic.Bool  // a client left without its replies, so the byte counts need not agree
	mu         sync.Mutex
	clients    []*client
	senders    []*sender
	notes      []string
	skipped    string // why the rule cannot be checked after all
}

// fail ends the case with something that no single connection saw.
func (s *caseRun) fail(format string, args ...any) {
	panic(&Failure{What: fmt.Sprintf(format, args...)})
}

// failAs is fail with a known cause.
func (s *caseRun) failAs(cause, format string, args ...any) {
	panic(&Failure{What: fmt.Sprintf(format, args...), Fault: cause})
}

func (s *caseRun) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// skip records that the rule cannot be checked after all. The case goes on, and may still fail.
func (s *caseRun) skip(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skipped = reason
}

// dial connects, or ends the case.
func (s *caseRun) dial() *client {
	c, err := s.tryDial()
	if ownLimit(err) {
		panic(&Failure{What: "no further connection can be made: " + err.Error() + "; raise the number of descriptors with ulimit -n", own: true})
	}
	if err != nil {
		panic(&Failure{What: "could not connect: " + reason(err), hung: timedOut(err), sight: sight{event: sawRefusal, late: timedOut(err)}})
	}
	return c
}

// anyLoopback is a random loopback address. On the usual address, a port that was just used may still belong to a
// connection that has ended.
func anyLoopback() net.Addr {
	n := rand.Uint32()
	return &net.TCPAddr{IP: net.IPv4(127, byte(1+n%254), byte(n>>8), byte(1+n>>16%254))}
}

// dialFrom connects from an address, or from any address if that one is taken or cannot reach the server.
func (s *caseRun) dialFrom(from net.Addr) *client {
	if c, err := s.tryDialFrom(from); err == nil {
		return c
	}
	return s.dial()
}

func (s *caseRun) tryDial() (*client, error) { return s.tryDialFrom(nil) }

func (s *caseRun) tryDialFrom(from net.Addr) (*client, error) {
	d := net.Dialer{Timeout: cmp.Or(s.connecting, s.patience), LocalAddr: from, KeepAlive: -1} // without keep-alive a client makes four system calls fewer
	d.SetMultipathTCP(false)
	dial := func() (net.Conn, error) { return d.DialContext(s.ctx, s.server.Network, s.server.Address) }
	conn, err := dial()
	for began := time.Now(); errors.Is(err, syscall.EAGAIN) && time.Since(began) < s.patience; {
		s.rest(time.Millisecond) // connect(2) on a unix socket does not wait for room in the accept queue; it fails with EAGAIN
		conn, err = dial()
	}
	if err != nil {
		return nil, err
	}
	c := &client{s: s, conn: conn, to: s.server, model: model{framing: s.framing, limit: s.limit}}
	s.connected.Add(1)
	c.first = s.server.clients.Add(1) == 1
	s.mu.Lock()
	s.clients = append(s.clients, c)
	s.mu.Unlock()
	if s.over() { // its connections were closed before this one was made
		conn.Close()
	}
	return c, nil
}

// dials connects n clients.
func (s *caseRun) dials(n int) []*client {
	all := make([]*client, n)
	for i := range all {
		all[i] = s.dial()
	}
	return all
}

// hangUp closes every client and waits for nothing.
func (s *caseRun) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		c.conn.Close()
	}
	for _, c := range s.senders {
		c.conn.Close()
	}
}

// stop tells the server to end and does not wait.
func (s *caseRun) stop() {
	s.stopped = true
	s.server.Stop()
}

// frame makes a request of b.
func (s *caseRun) frame(b string) []byte { return s.framing.Frame([]byte(b)) }

// each runs do n times at once and ends the case with the first failure of any of them.
func (s *caseRun) each(n int, do func(i int)) {
	var wg sync.WaitGroup
	var first atomic.Pointer[Failure]
	for i := range n {
		wg.Go(func() {
			defer func() {
				if f := caught(recover()); f != nil {
					first.CompareAndSwap(nil, f)
				}
			}()
			do(i)
		})
	}
	wg.Wait()
	if f := first.Load(); f != nil {
		panic(f)
	}
}

// caught returns the failure in a recovered value and passes on any other panic.
func caught(v any) *Failure {
	if v == nil {
		return nil
	}
	f, ok := v.(*Failure)
	if !ok {
		panic(v)
	}
	return f
}

// alphabet is what random requests are made of: letters of both cases, their neighbours, and bytes beyond ASCII. It has
// no blank and no zero byte: a server that strips these from the ends of what it reads would keep or break a rule
// depending on where the system happens to cut the stream. The cases of the bytes family, whose requests are read one by
// one, test blanks and zeros.
const alphabet = "abcdefghijklmnopqrstuvwxyzABCXYZ@[`{019.\x7f\x80\xe9\xff"

// random returns n bytes without a newline.
func (s *caseRun) random(n int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := make([]byte, 0, n+8)
	for len(b) < n {
		for word := s.rng.Uint64(); word != 0; word >>= 8 {
			b = append(b, alphabet[int(word&0xff)%len(alphabet)])
		}
	}
	return b[:n]
}

// traffic returns about n bytes of complete requests of up to size bytes each.
func (s *caseRun) traffic(n, size int) []byte {
	b := make([]byte, 0, n+size+upper.HeaderSize)
	for len(b) < n {
		b = append(b, s.framing.Frame(s.random(min(size, n)))...)
	}
	return b
}

// ended waits until Serve has returned.
func (s *caseRun) ended() error {
	if !s.comes(s.server.Done) {
		panic(&Failure{What: "the server was told to stop and has not ended", hung: true, causes: []string{hangsDrain}})
	}
	return s.server.Err()
}

// forget drops the clients made so far. They must have ended.
func (s *caseRun) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients = nil
}
