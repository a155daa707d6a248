// Package drain stops a server without losing a reply: it knows the open connections, tells them to
// stop, waits for them, and cuts them off at a deadline.
package drain

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// Conn is what the group needs of a connection. Every net.Conn is one. The group uses the
// CloseWrite method of connections that have one, as TCP and unix connections do.
type Conn interface {
	io.ReadCloser
	SetReadDeadline(time.Time) error
}

// past is a deadline that wakes a blocked Read at once.
var past = time.Unix(1, 0)

// grace is how long Wait waits for the goroutines of connections that were cut off.
const grace = 50 * time.Millisecond

// Group is the set of a server's open connections. Exactly one call of Done or HangUp must end each
// connection that was added. Safe for concurrent use.
type Group struct {
	timeout, linger time.Duration

	work    context.Context
	endWork context.CancelFunc
	release func() bool // ends the watch on the stop context

	mu       sync.Mutex
	conns    map[Conn]bool // true: answered, and only lingering
	draining bool
	waiting  bool          // Wait was called, so no connection will be added
	empty    chan struct{} // closed when waiting and no connection is left
	cut      int           // connections that were cut off
	timer    *time.Timer
}

// NewGroup returns a group that begins to drain when stop ends. Connections then have timeout to
// finish their replies. linger is how long HangUp discards what a peer still sends.
func NewGroup(stop context.Context, timeout, linger time.Duration) *Group {
	g := &Group{timeout: timeout, linger: linger}
	g.conns, g.empty = map[Conn]bool{}, make(chan struct{})
	g.work, g.endWork = context.WithCancel(context.WithoutCancel(stop))
	g.release = context.AfterFunc(stop, g.begin)
	return g
}

// Context is the context of the work for a connection. It ends when connections are cut off, not
// when the server is told to stop: the requests that were read before a stop are still answered.
func (g *Group) Context() context.Context { return g.work }

// Add adds conn to the group. When the group drains, a Read of conn that blocks, then or later,
// fails with os.ErrDeadlineExceeded.
func (g *Group) Add(conn Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns[conn] = false
	if g.draining {
		conn.SetReadDeadline(past)
	}
}

// Draining reports whether the server was told to stop. A design that sets read deadlines itself
// must ask after it has set one, because its deadline may have replaced the one that the group set.
func (g *Group) Draining() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.draining
}

// Done closes conn and removes it from the group. It is for a connection that has failed, or whose
// peer has sent everything and was answered.
func (g *Group) Done(conn Conn) {
	conn.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, conn)
	g.signal()
}

// HangUp ends a connection whose peer may still be sending. If it were closed now, the system would
// answer the unread input with a reset, which destroys replies on their way (RFC 1122, 4.2.2.13).
// So HangUp shuts down writing, which the peer sees as the end of the stream, discards input until
// the peer ends too or the linger time is over, and closes. It does not block: a goroutine discards
// the input, and Wait waits for it.
func (g *Group) HangUp(conn Conn) {
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		g.Done(conn)
		return
	}
	g.mu.Lock()
	g.conns[conn] = true
	g.mu.Unlock()
	go func() {
		conn.SetReadDeadline(time.Now().Add(g.linger))
		io.Copy(io.Discard, conn)
		g.Done(conn)
	}()
}

// Wait begins to drain, if the group does not drain yet, and blocks until every connection has
// ended. No connection may be added after it is called. Connections that are not answered within
// the timeout are closed, and the error says how many they were.
func (g *Group) Wait() error {
	defer g.release()
	g.begin()
	g.mu.Lock()
	g.waiting = true
	g.signal()
	g.mu.Unlock()
	<-g.empty
	g.endWork()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.timer.Stop()
	if g.cut > 0 {
		return fmt.Errorf("drain: %d connections cut off before their replies were written, after %v",
			g.cut, g.timeout)
	}
	return nil
}

// begin tells every connection to stop reading.
func (g *Group) begin() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.draining {
		return
	}
	g.draining = true
	for conn, answered := range g.conns {
		if !answered {
			conn.SetReadDeadline(past)
		}
	}
	g.timer = time.AfterFunc(g.timeout, g.cutOff)
}

// cutOff closes the connections that are still open.
func (g *Group) cutOff() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.endWork() // with the lock held, so that connections that end because of it are still counted
	for conn, answered := range g.conns {
		if !answered {
			g.cut++
		}
		conn.Close()
	}
	// A handler that ignores its context must not stop Wait from returning: its connection is
	// closed and counted in the error, and its goroutine is abandoned.
	g.timer = time.AfterFunc(grace, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		clear(g.conns)
		g.signal()
	})
}

// signal wakes Wait if no connection is left. It does nothing before Wait is called, because a
// group without connections may still get one that was accepted just before the stop. The caller
// holds the lock.
func (g *Group) signal() {
	if !g.waiting || len(g.conns) > 0 {
		return
	}
	select {
	case <-g.empty:
	default:
		close(g.empty)
	}
}
