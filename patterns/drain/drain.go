// Package drain ends a server without losing an answer: its open connections are known, told to
// stop, waited for, and cut off at a deadline.
package drain

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// Conn is what the group needs of a connection. Every net.Conn is one. A CloseWrite method, as TCP
// and unix connections have, is used where there is one.
type Conn interface {
	io.ReadCloser
	SetReadDeadline(time.Time) error
}

// past is a deadline that wakes a blocked Read at once.
var past = time.Unix(1, 0)

// grace is how long the connections that were cut off have to notice.
const grace = 50 * time.Millisecond

// Group is the set of a server's open connections. Every connection that is added is ended by
// exactly one call of Done or HangUp. Safe for concurrent use.
type Group struct {
	timeout, linger time.Duration

	work    context.Context
	endWork context.CancelFunc
	release func() bool // of the watch on the stop context

	mu       sync.Mutex
	conns    map[Conn]bool // true: answered, only lingering
	draining bool
	waiting  bool          // Wait was called: no connection is added any more
	empty    chan struct{} // closed when waiting and no connection is left
	cut      int
	timer    *time.Timer
}

// NewGroup returns a group that begins to drain when stop ends. timeout is how long connections
// then have to be answered; linger is how long HangUp discards what a peer still sends.
func NewGroup(stop context.Context, timeout, linger time.Duration) *Group {
	g := &Group{timeout: timeout, linger: linger}
	g.conns, g.empty = map[Conn]bool{}, make(chan struct{})
	g.work, g.endWork = context.WithCancel(context.WithoutCancel(stop))
	g.release = context.AfterFunc(stop, g.begin)
	return g
}

// Context is for the work on behalf of a connection: it ends when connections are cut off, not when
// the server is told to stop, as what was read is still answered then.
func (g *Group) Context() context.Context { return g.work }

// Add makes conn known. A Read of it that blocks, now or later, fails with os.ErrDeadlineExceeded
// when the group drains.
func (g *Group) Add(conn Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns[conn] = false
	if g.draining {
		conn.SetReadDeadline(past)
	}
}

// Draining reports whether the server was told to stop. A design that sets read deadlines of its
// own asks after it has set one: the group's wake-up comes after Draining has become true.
func (g *Group) Draining() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.draining
}

// Done closes conn and forgets it: its peer has sent everything and was answered, or it has failed.
func (g *Group) Done(conn Conn) {
	conn.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, conn)
	g.signal()
}

// HangUp ends a connection whose peer may still be sending. Closing it now would make the system
// answer the unread input with a reset, which destroys replies on their way (RFC 1122, 4.2.2.13).
// So it shuts down writing, which the peer sees as the end, discards input until the peer has ended
// too or the linger time is over, and closes. It does not block: the discarding is done by a
// goroutine that Wait waits for.
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

// Wait drains, if that has not begun, and blocks until every connection has ended. It is called
// when the last connection has been added. Connections that were not answered when the time was
// over are closed, and the error says how many they were.
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

// cutOff closes whatever is still open.
func (g *Group) cutOff() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.endWork() // with the lock held: who ends because of it is counted first
	for conn, answered := range g.conns {
		if !answered {
			g.cut++
		}
		conn.Close()
	}
	// A handler that ignores the context must not keep the server: its connection is closed, its
	// goroutine is lost, and the error says so.
	g.timer = time.AfterFunc(grace, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		clear(g.conns)
		g.signal()
	})
}

// signal wakes Wait when nothing is left. Before Wait there is nobody to wake, and a group without
// connections may still get one: the last that was accepted when the stop came. The caller holds
// the lock.
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
