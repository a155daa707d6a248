package cmd

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"socketbench/experiments/unit"
	"socketbench/servers"
)

// shown prints who comes, what is read and who leaves, as it happens. Reads are seen in two places: in the connections
// of a design that reads through package net, and else in the handler, where it is not known whose they are.
type shown struct {
	mu    sync.Mutex
	to    io.Writer
	reads atomic.Bool // reads of connections have been seen, and the handler's need not be
}

func (s *shown) line(who, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.to, "%-21s  %s\n", who, fmt.Sprintf(format, args...))
}

// shownMost is how many bytes of a read are printed.
const shownMost = 60

// data describes what was read.
func data(b []byte) string {
	more := ""
	if len(b) > shownMost {
		b, more = b[:shownMost], " ..."
	}
	return fmt.Sprintf("%q%s", b, more)
}

// hook prints a request that a handler gets, unless the read that brought it was printed.
func (s *shown) hook(req []byte) {
	if !s.reads.Load() {
		s.line("a client", "sent %s: %s", unit.Many(len(req), "byte"), data(req))
	}
}

// over returns ln with connections that print what happens to them. A unix listener stays as it is: its clients have no
// address.
func (s *shown) over(ln net.Listener) net.Listener {
	if tcp, ok := ln.(*net.TCPListener); ok {
		return &shownListener{tcp, s}
	}
	return ln
}

// shownListener is a listener whose descriptor a design can take over all the same.
type shownListener struct {
	*net.TCPListener
	show *shown
}

func (l *shownListener) Accept() (net.Conn, error) {
	conn, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	who := conn.RemoteAddr().String()
	l.show.line(who, "has connected")
	return &shownConn{TCPConn: conn, who: who, show: l.show}, nil
}

type shownConn struct {
	*net.TCPConn
	who   string
	show  *shown
	ended atomic.Bool
}

func (c *shownConn) Read(p []byte) (int, error) {
	c.show.reads.Store(true)
	n, err := c.TCPConn.Read(p)
	switch {
	case n > 0:
		c.show.line(c.who, "sent %s: %s", unit.Many(n, "byte"), data(p[:n]))
	case err == io.EOF && !c.ended.Swap(true):
		c.show.line(c.who, "has sent everything: a read returned no bytes")
	}
	return n, err
}

// WriteTo keeps io.Copy from reading past Read.
func (c *shownConn) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{c})
}

func (c *shownConn) Close() error {
	err := c.TCPConn.Close()
	if err == nil {
		c.show.line(c.who, "is closed")
	}
	return err
}

// showable says why the clients of a design cannot be shown.
func showable(e servers.Entry) error {
	if e.Traits.Processes {
		return fmt.Errorf("serve: --show cannot look into the child processes of %q; choose another design", e.Name)
	}
	return nil
}
