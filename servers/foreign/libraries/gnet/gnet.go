// gnet: the library panjf2000/gnet, as its users would write it.
//
// How it waits. An acceptor waits in epoll for new connections and deals them out in turn to one
// event loop for each CPU; a loop waits in epoll for its connections, as in multiepoll. OnTraffic
// is called in the loop with what one read returned.
//
// What it costs. An idle connection has no goroutine and no buffer: loops read into one buffer
// each, and lend a connection memory only for replies that it does not take. A handler must not
// block, so a request that waits goes to a goroutine and comes back with AsyncWrite.
//
// Where it breaks. TODO
//
// Watch for. TODO

package main

import (
	"context"
	"slices"

	"github.com/panjf2000/gnet/v2"

	"socketbench/servers/foreign/libraries"
)

// Gnet serves with the library of that name.
type Gnet struct {
	gnet.BuiltinEventEngine // for the events that are of no interest here
	settings                libraries.Settings
	ctx                     context.Context
}

// NewGnet returns the server.
func NewGnet(s libraries.Settings) *Gnet { return &Gnet{settings: s} }

// Serve runs the library's event loops until ctx ends or they fail.
func (s *Gnet) Serve(ctx context.Context) error {
	// region listen
	s.ctx = ctx
	return gnet.Run(s, "tcp://"+s.settings.Address,
		gnet.WithMulticore(true), gnet.WithNumEventLoop(s.settings.Loops),
		gnet.WithReadBufferCap(s.settings.ReadSize))
	// endregion
}

// OnBoot is called before the first connection is accepted.
func (s *Gnet) OnBoot(engine gnet.Engine) gnet.Action {
	// region drain
	context.AfterFunc(s.ctx, func() { engine.Stop(context.Background()) })
	return gnet.None
	// endregion
}

// OnOpen is called for a new connection, in the loop that it was dealt to.
func (s *Gnet) OnOpen(c gnet.Conn) ([]byte, gnet.Action) {
	// region accept
	if !s.settings.Protocol.Work.IsZero() {
		c.SetContext(new(libraries.Turns))
	}
	return nil, gnet.None
	// endregion
}

// OnTraffic is called when bytes have arrived. They belong to the library when it returns.
func (s *Gnet) OnTraffic(c gnet.Conn) gnet.Action {
	// region read
	in, err := c.Next(-1)
	if err != nil {
		return gnet.Close
	}
	// endregion
	// region dispatch
	if turns, blocks := c.Context().(*libraries.Turns); blocks {
		in = slices.Clone(in)
		turns.Go(func() {
			if out, err := s.settings.Protocol.Reply(s.ctx, in[:0], in); err == nil {
				c.AsyncWrite(out, nil)
			}
		})
		return gnet.None
	}
	// endregion
	// region reply
	out, err := s.settings.Protocol.Reply(s.ctx, in[:0], in)
	if err == nil {
		_, err = c.Write(out)
	}
	if err != nil {
		return gnet.Close
	}
	return gnet.None
	// endregion
}

func main() {
	libraries.Main(func(ctx context.Context, s libraries.Settings) error { return NewGnet(s).Serve(ctx) })
}
