// evio: the library tidwall/evio, as its users would write it.
//
// How it waits. TODO
//
// What it costs. TODO
//
// Where it breaks. TODO
//
// Watch for. TODO

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
	return nil, evio.Options{ReuseInputBuffer: true}, evio.None // the reply is made where the request is
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
const evioTick = 50 * time.Millisecond

func (s *Evio) tick() (time.Duration, evio.Action) {
	// region drain
	if s.ctx.Err() != nil {
		return evioTick, evio.Shutdown
	}
	return evioTick, evio.None
	// endregion
}

func main() {
	libraries.Main(func(ctx context.Context, s libraries.Settings) error { return NewEvio(s).Serve(ctx) })
}
