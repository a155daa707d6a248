package load

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// portableClient is one client of the portable engine.
type portableClient struct {
	p       *portable
	i       int
	profile *profile

	lock     sync.Mutex // of what follows, which both goroutines use; taken before portable.lock
	reading  reading
	sent     int64
	first    int64
	flights  []flight
	over     chan struct{} // closed when it asks nothing more
	arrivals chan struct{} // there is something in queue
	queue    []int64       // intended times of requests that wait to be sent
	session  int
	late     bool // it connected after the clients had been taken off: it has asked nothing

	conn      net.Conn
	connectAt int64
	openAt    int64
	tokens    chan int64 // when a request may follow
	there     bool       // counts in its role's tally as there; under portable.lock
	batch     []asking   // what is sent at once
	tx        []byte     // its bytes
}

// dial connects, until ctx ends, and reports whether it did.
func (c *portableClient) dial(ctx context.Context) bool {
	p := c.p
	c.connectAt = clock()
	d := net.Dialer{KeepAlive: -1}
	address := p.target.path
	if p.target.network == "tcp" {
		address = p.target.tcp.String()
	}
	conn, err := d.DialContext(ctx, p.target.network, address)
	if err == nil && !c.take(conn) {
		return false
	}
	if s := c.profile.script; err == nil && s != nil && s.hello != nil && !c.profile.neverReads {
		if err = s.hello.heard(ctx, conn); err != nil {
			c.lock.Lock()
			c.conn = nil
			c.lock.Unlock()
			_ = conn.Close()
		}
	}
	now := clock()
	p.lock.Lock()
	defer p.lock.Unlock()
	if err != nil {
		kind := kindOf(err)
		if ctx.Err() != nil {
			kind = timeout
		}
		switch {
		case c.profile.measured && !p.ended:
			p.recorder.errors[kind]++
		case !p.ended:
			c.profile.tally.errors[kind]++
			c.profile.tally.disappear(&c.there)
		}
		return false
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetNoDelay(*p.o.NoDelay)
		if c.profile.neverReads {
			_ = tcp.SetReadBuffer(slowReaderWindow)
		}
	}
	c.openAt = now
	c.session++
	c.profile.tally.connected++
	if c.profile.most == 0 {
		c.profile.tally.appear(&c.there)
	}
	switch {
	case !c.profile.measured:
	case p.t0 == 0, c.profile.requests > 0 && now >= p.start && now < p.end:
		p.recorder.connect.add(now - c.connectAt)
	}
	return true
}

// heard reads a server's first words, not a byte more.
func (s *script) heard(ctx context.Context, conn net.Conn) error {
	ends := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer ends()
	var one [1]byte
	for matched := 0; matched < len(s.until); {
		if _, err := io.ReadFull(conn, one[:]); err != nil {
			return err
		}
		_, matched = s.seek(one[:], matched)
	}
	return nil
}

// take makes conn the client's, unless play has closed the clients' connections already: nobody would
// close this one.
func (c *portableClient) take(conn net.Conn) bool {
	c.lock.Lock()
	defer c.lock.Unlock()
	select {
	case <-c.p.final:
		_ = conn.Close()
		c.late = true
		return false
	default:
		c.conn = conn
		return true
	}
}

// kindOf classifies the error of a connection.
func kindOf(err error) fault {
	var timed net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return refused
	case errors.Is(err, syscall.ECONNRESET):
		return reset
	case errors.Is(err, io.EOF), errors.Is(err, syscall.EPIPE):
		return closed
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ENOBUFS), errors.Is(err, syscall.ENOMEM):
		return descriptors
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EADDRINUSE):
		return ports
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return unreachable
	case errors.As(err, &timed) && timed.Timeout():
		return timeout
	}
	return other
}
