package load

import (
	"errors"
	"net"
	"syscall"
)

// link is a connection of a client; all of it but conn is under the engine's lock.
type link struct {
	conn    net.Conn
	speak   chan struct{} // holds one: the client has something to send
	writing bool          // the goroutine that writes knows
	closed  bool          // by this side: later events of it are dropped
}

func (l *link) close(how closing) {
	l.closed = true
	close(l.speak)
	if tcp, ok := l.conn.(*net.TCPConn); ok && how == abortive {
		_ = tcp.SetLinger(0)
	}
	_ = l.conn.Close()
}

// dial connects a client, and lets goroutines read from its connection and write to it.
func (p *portableEngine) dial(c *client) {
	d := net.Dialer{KeepAlive: -1}
	address := p.target.path
	if p.target.network != "unix" {
		address = p.target.tcp.String()
	}
	conn, err := d.DialContext(p.dialing, p.target.network, address)
	now := clock()
	p.lock.Lock()
	defer p.lock.Unlock()
	switch {
	case p.done:
		if err == nil {
			_ = conn.Close()
		}
		return
	case errors.Is(err, syscall.EAGAIN): // a unix listener's backlog is full: the system has no queue to stand in
		p.later(c, now+int64(comeback))
	case err != nil:
		p.failed(c, kindOf(err), now)
	default:
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetNoDelay(*p.o.NoDelay)
			if c.profile.neverReads {
				_ = tcp.SetReadBuffer(slowReaderWindow)
			}
		}
		l := &link{conn: conn, speak: make(chan struct{}, 1)}
		p.links[c.index] = l
		p.connected(c, now)
		p.others.Go(func() { p.write(c, l) })
		if !c.profile.neverReads {
			p.others.Go(func() { p.read(c, l) })
		}
	}
	p.changed(c)
}

// read passes on what arrives on a connection, and its end.
func (p *portableEngine) read(c *client, l *link) {
	buf := make([]byte, 64<<10)
	for {
		n, err := l.conn.Read(buf)
		now := clock()
		p.lock.Lock()
		if l.closed || p.done {
			p.lock.Unlock()
			return
		}
		generation := c.generation
		if n > 0 || err == nil {
			p.received(c, buf[:n], now)
		}
		if err != nil && c.generation == generation {
			p.failed(c, kindOf(err), now)
		}
		p.changed(c)
		p.lock.Unlock()
	}
}

// write sends a client's requests until its connection ends. If the connection has a reader, a failed write is not
// reported: the reader finds the end behind the replies that came before it.
func (p *portableEngine) write(c *client, l *link) {
	room := make([]byte, min(chunk, c.profile.depth*c.profile.script.size))
	for range l.speak {
		p.lock.Lock()
		for !l.closed && !p.done && p.speaks(c) {
			out := p.out(c, clock(), room)
			p.lock.Unlock()
			n, err := l.conn.Write(out)
			p.lock.Lock()
			if l.closed || p.done {
				break
			}
			switch now := clock(); {
			case err == nil:
				p.wrote(c, n, now)
			case c.profile.neverReads, c.profile.datagrams:
				p.failed(c, kindOf(err), now)
			default:
				p.lock.Unlock()
				return
			}
			p.changed(c)
		}
		l.writing = false
		p.lock.Unlock()
	}
}
