// duplex: two goroutines for every connection, one that reads and one that writes.
//
// How it waits. The reader blocks in read and the writer in write, so that neither direction
// waits for the other: the next request comes in while a reply is on its way out. A channel
// joins the two goroutines.
//
// What it costs. Twice the goroutines, and a hand-over for every batch of requests: the scheduler
// wakes the writer, perhaps on another CPU, where the bytes are not in the cache. With a client
// that waits for each reply before it asks again, the two directions never overlap and the extra
// work gains nothing. Measured, a request costs as much CPU as in goroutine; an idle connection
// takes 25 KiB, and 42 once it has been answered.
//
// Where it breaks. Memory: each connection has a second stack, and the batches between the two
// goroutines. A design that answers where it reads is bounded already, because it cannot read
// before it has written; here a bound must be added.
//
// Watch for. First, the bound: at most four batches of a connection are between reader and
// writer; then the reader stops until the peer reads. Second, the end: either goroutine may see
// it first and must stop the other. The socket is closed only when both have ended, because until
// then a reply may be on its way out.

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

// read is the reader. It makes the replies too.
func (s *Duplex) read(work context.Context, b *blocking.Batches, answered chan<- *blocking.Batch) {
	// region read: servers/blocking/batch.go
	for last := false; !last; {
		next := b.Next()
		last = next.Last != nil // read here, because the writer owns the batch once it is sent
		next.Answer(work, s.cfg.Protocol)
		answered <- next
	}
}

// write is the writer. It ends the connection after the last batch.
func (s *Duplex) write(open *drain.Group, b *blocking.Batches, answered <-chan *blocking.Batch) {
	// region reply: servers/blocking/batch.go
	for !b.Take(<-answered) {
	}
	b.End(open)
}
