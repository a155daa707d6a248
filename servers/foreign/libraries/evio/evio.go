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
// Watch for. Data must not block: every other connection of the loop waits meanwhile. A result can
// leave only through Data, so another goroutine must call Wake. The server stops by a result of an
// event, so this file asks for a tick; it closes all connections and does not drain them.

package main

import (
	"cmp"
	"context"
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
	events.NumLoops = cmp.Or(s.settings.Loops, -1) // -1: one for each CPU
	// endregion
	// region dispatch
	events.Opened = s.open
	events.Data = s.answer
	events.Tick = s.tick
	return evio.Serve(events, "tcp://"+s.settings.Address)
	// endregion
}

// open is called for a new connection.
func (s *Evio) open(evio.Conn) ([]byte, evio.Options, evio.Action) {
	// region accept
	// The reply is made where the request is, so that no copy of the request is needed.
	return nil, evio.Options{ReuseInputBuffer: true}, evio.None
	// endregion
}

// answer is called when bytes have arrived.
func (s *Evio) answer(_ evio.Conn, in []byte) ([]byte, evio.Action) {
	// region read
	out, err := s.settings.Protocol.Reply(s.ctx, in[:0], in)
	// endregion
	// region reply
	if err != nil {
		return nil, evio.Close
	}
	return out, evio.None
	// endregion
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
