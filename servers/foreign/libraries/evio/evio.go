// evio: the library tidwall/evio, as its users would write it.
//
// How it waits. There is one event loop for each CPU. Each waits in epoll for its own connections
// and also for the listener that all share, so a new client wakes several loops and one of them
// accepts. A loop reads and calls Data with what the read returned, as a reactor of multiepoll
// does; it writes the result when epoll says that there is room.
//
// What it costs. An idle connection has no goroutine; an idle loop wakes ten times a second. A
// reply takes four system calls beside the wait: read, ask for write readiness, write, and take
// the wish back. A loop reads nothing from a connection while a reply waits, which bounds the
// memory of a client that does not read.
//
// Where it breaks. While a reply waits, epoll still reports input that the loop does not read: the
// loop tries to write again and again without a pause (evio_unix.go, loopRun). Nagle's algorithm
// stays on, and no option turns it off (loopAccept). When descriptors run out, the loop that
// accepts ends, and with it the server.
//
// Watch for. Data must not block, so a request that waits moves to a goroutine, which calls Wake;
// its reply leaves with the next call of Data. If that comes while the reply before is not yet
// written, the library forgets the rest of it (loopWake; github.com/tidwall/evio/issues/72). Only
// the result of an event can stop the server, so this file asks for a tick. A stop closes all
// connections and does not drain them.

package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/tidwall/evio"

	"socketbench/servers/foreign/libraries"
)

// Evio serves with the library of that name.
type Evio struct {
	settings libraries.Settings
	ctx      context.Context
}

// NewEvio returns the server.
func NewEvio(s libraries.Settings) *Evio { return &Evio{settings: s} }

// Serve runs the library's event loops until ctx ends or they fail.
func (s *Evio) Serve(ctx context.Context) error {
	// region listen
	s.ctx = ctx
	var events evio.Events
	events.NumLoops = -1 // one for each CPU
	// endregion
	// region dispatch
	events.Opened = s.open
	events.Data = s.answer
	events.Tick = s.tick
	return evio.Serve(events, "tcp://"+s.settings.Address)
	// endregion
}

// evioConn is the state of a connection whose requests wait.
type evioConn struct {
	turns libraries.Turns
	mu    sync.Mutex
	ready []byte // replies that Data has not taken yet
}

// open is called for a new connection.
func (s *Evio) open(c evio.Conn) ([]byte, evio.Options, evio.Action) {
	// region accept
	if !s.settings.Protocol.Work.IsZero() {
		c.SetContext(new(evioConn))
	}
	// The reply is made where the request is, so that no copy of the request is needed.
	return nil, evio.Options{ReuseInputBuffer: true}, evio.None
	// endregion
}

// answer is called when bytes have arrived, and with none after Wake.
func (s *Evio) answer(c evio.Conn, in []byte) ([]byte, evio.Action) {
	// region read
	if waiting, blocks := c.Context().(*evioConn); blocks {
		if len(in) == 0 {
			return waiting.take(), evio.None
		}
		in = slices.Clone(in)
		waiting.turns.Go(func() { waiting.reply(s, c, in) })
		return nil, evio.None
	}
	// endregion
	// region reply
	out, err := s.settings.Protocol.Reply(s.ctx, in[:0], in)
	if err != nil {
		return nil, evio.Close
	}
	return out, evio.None
	// endregion
}

// reply answers a request that waits.
func (w *evioConn) reply(s *Evio, c evio.Conn, in []byte) {
	out, err := s.settings.Protocol.Reply(s.ctx, in[:0], in)
	if err != nil {
		return
	}
	w.mu.Lock()
	w.ready = append(w.ready, out...)
	w.mu.Unlock()
	c.Wake()
}

// take returns the replies that are ready.
func (w *evioConn) take() (out []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out, w.ready = w.ready, nil
	return out
}

// evioTick is how often the library asks whether to stop: it cannot be told.
const evioTick = 100 * time.Millisecond

func (s *Evio) tick() (time.Duration, evio.Action) {
	// region drain
	if s.ctx.Err() != nil {
		return evioTick, evio.Shutdown
	}
	return evioTick, evio.None
	// endregion
}

func main() { libraries.Main(NewEvio) }
