// gnet: the library panjf2000/gnet, as its users would write it.
//
// How it waits. An acceptor waits in epoll for new connections and deals them out in turn to one
// event loop for each CPU, as in multiepoll. A loop waits in epoll for its connections, reads, and
// calls OnTraffic with what the read returned.
//
// What it costs. An idle connection has neither a goroutine nor a buffer: each loop reads into one
// buffer, and keeps memory for a connection only while the client is behind with reading. OnTraffic
// must not block, so a request that waits moves to a goroutine, which answers with AsyncWrite.
//
// Where it breaks. Write never fails for want of room: what the client does not take is kept in
// memory without a bound, and the loop goes on reading (connection_unix.go, write). When a client
// half-closes, the loop tries once to write the rest and closes, although the client still reads
// (eventloop_unix.go, close). When descriptors run out, the acceptor ends and every loop with it
// (acceptor_unix.go, accept0): Run returns and the server is gone.
//
// Watch for. The slice that Next returns belongs to the library after OnTraffic, so a goroutine
// needs a copy. OutboundBuffered tells how far a client is behind; a server that must bound its
// memory closes such a connection itself. Without WithReuseAddr a server that is started again may
// not get its port for a minute. Stop closes connections and does not drain them.

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
		gnet.WithMulticore(true), gnet.WithReuseAddr(true),
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

func main() { libraries.Main(NewGnet) }
