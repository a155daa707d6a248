// nbio: the library lesismal/nbio, as its users would write it.
//
// How it waits. A goroutine accepts with package net and hands each connection to one of several
// pollers, here one for each CPU, chosen by its descriptor's number. A poller waits in epoll for
// its connections, level-triggered, reads, and calls OnData with what the read returned, as a
// reactor of multiepoll does. Without NPoller there is one poller for every four CPUs.
//
// What it costs. An idle connection has neither a goroutine nor a buffer. Every read and write
// takes the connection's lock, because any goroutine may write. OnData must not block, so a request
// that waits moves to a goroutine. A table has a place for every descriptor that may be opened.
//
// Where it breaks. The poller goes on reading from a client that does not read its replies, and
// when more than MaxWriteBufferSize of them wait, the connection is closed (conn_unix.go,
// overflow). Without that setting they are kept without a bound. When a client half-closes, the
// connection is closed: what is unwritten is dropped, and what is unread (poller_epoll.go,
// readWriteLoop).
//
// Watch for. The slice given to OnData belongs to the library when the handler returns. A Write
// that is kept for later reports success. When descriptors run out, new clients are accepted and
// closed at once. Shutdown closes all connections and does not drain them.

package main

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/lesismal/nbio"

	"socketbench/servers/foreign/libraries"
)

// Nbio serves with the library of that name.
type Nbio struct {
	settings libraries.Settings
	ctx      context.Context
}

// NewNbio returns the server.
func NewNbio(s libraries.Settings) *Nbio { return &Nbio{settings: s} }

// nbioUnread is how many bytes of replies the library keeps for a client, as in its README.
const nbioUnread = 6 << 20

// nbioPatience is how long a stop may take.
const nbioPatience = 3 * time.Second

// Serve runs the library's engine until ctx ends.
func (s *Nbio) Serve(ctx context.Context) error {
	// region listen
	s.ctx = ctx
	engine := nbio.NewEngine(nbio.Config{
		Network:            "tcp",
		Addrs:              []string{s.settings.Address},
		NPoller:            runtime.NumCPU(),
		ReadBufferSize:     s.settings.ReadSize,
		MaxWriteBufferSize: nbioUnread,
	})
	// endregion
	// region dispatch
	engine.OnOpen(s.open)
	engine.OnData(s.answer)
	if err := engine.Start(); err != nil {
		return err
	}
	// endregion
	// region drain
	<-ctx.Done()
	patience, cancel := context.WithTimeout(context.Background(), nbioPatience)
	defer cancel()
	return engine.Shutdown(patience)
	// endregion
}

// open is called for a new connection.
func (s *Nbio) open(c *nbio.Conn) {
	// region accept
	if !s.settings.Protocol.Work.IsZero() {
		c.SetSession(new(libraries.Turns))
	}
	// endregion
}

// answer is called when bytes have arrived. They belong to the library when it returns.
func (s *Nbio) answer(c *nbio.Conn, in []byte) {
	// region read
	if turns, blocks := c.Session().(*libraries.Turns); blocks {
		in = slices.Clone(in)
		turns.Go(func() { s.reply(c, in) })
		return
	}
	s.reply(c, in)
	// endregion
}

// reply may be called by any goroutine: a connection of the library has a lock.
func (s *Nbio) reply(c *nbio.Conn, in []byte) {
	// region reply
	if out, err := s.settings.Protocol.Reply(s.ctx, in[:0], in); err == nil {
		c.Write(out) // closes the connection if it fails
	}
	// endregion
}

func main() { libraries.Main(NewNbio) }
