// duplex: two goroutines for every connection, one that reads and one that writes.
//
// How it waits. The reader blocks in read and the writer in write, each in its own, so that
// neither direction waits for the other: while a reply is on its way out, the next request comes
// in. Between them is a channel.
//
// What it costs. Twice the goroutines, and a hand-over for every batch of requests: the writer is
// woken by the scheduler and may run on another CPU, where the bytes are not in the cache. With a
// client that asks, waits and asks again the two directions never overlap and all of it is waste.
// Measured: 9.1 µs of CPU a request with one client, 5.7 with 64; 25 KiB for an idle connection,
// 42 once it was answered.
//
// Where it breaks. Memory: a second stack for each connection, and the batches between the two.
// Who answers in place has its limit built in, as it cannot read before it has written; here it
// must be made.
//
// Watch for. The bound between the two: at most four batches of a connection are on their way, and
// then the reader stops until the peer reads. And the end: either side may be the first to see it
// and must get the other to stop. Only when both have is the socket closed: before that a reply may
// be on its way out.

package servers

import (
	"context"
	"errors"
	"net"

	"socketbench/patterns/drain"
	"socketbench/patterns/listen"
	"socketbench/servers/blocking"
)

// Duplex serves each connection on two goroutines.
type Duplex struct{ cfg Config }

// NewDuplex returns the design under cfg.
func NewDuplex(cfg Config) Server { return &Duplex{cfg.WithDefaults()} }

// Serve accepts, and starts a reader and a writer for each connection.
func (s *Duplex) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	// endregion
	// region accept
	for conn, err := range listen.Conns(ctx, ln) {
		if err != nil {
			return errors.Join(err, open.Wait())
		}
		open.Add(conn)

		// region dispatch
		b, answered := blocking.NewBatches(conn, s.cfg), make(chan *blocking.Batch, blocking.Ahead)
		go s.read(open.Context(), b, answered)
		go s.write(open, b, answered)
		// endregion
	}
	// endregion

	// region drain
	return open.Wait()
	// endregion
}

// read is the reader: it answers too.
func (s *Duplex) read(work context.Context, b *blocking.Batches, answered chan<- *blocking.Batch) {
	// region read: servers/blocking/batch.go
	for last := false; !last; {
		next := b.Next()
		last = next.Last != nil // asked now: once sent, the batch is the writer's
		next.Answer(work, s.cfg.Protocol)
		answered <- next
	}
}

// write is the writer. The last batch ends it, and with it the connection.
func (s *Duplex) write(open *drain.Group, b *blocking.Batches, answered <-chan *blocking.Batch) {
	// region reply: servers/blocking/batch.go
	for !b.Take(<-answered) {
	}
	b.End(open)
}
