// owner: readers post requests to one goroutine that alone answers them.
//
// How it waits. Each connection has a reader, which blocks in read, and a writer. Between them
// stands one owner for the whole server: it waits at its mailbox, takes one message after
// another, answers the requests in it and passes the replies to the writer of their connection.
// This is the actor model.
//
// What it costs. Two hand-overs for every batch of requests, and one mailbox that all connections
// send to: its lock is the only thing they share. In return the owner's state needs no lock,
// however many connections use it. The protocol here has no such state, so this file shows the
// cost and not the gain. Measured, a request costs about as much CPU as in goroutine.
//
// Where it breaks. The owner is serial: while it answers one request all others wait, and the
// work of the whole server cannot use more than one CPU. A handler that waits stops all clients.
//
// Watch for. The owner must never block on behalf of one client. It passes replies on through a
// channel with room for all batches that a connection may have on their way, so that a client
// that does not read stops its own reader only. Many senders share the mailbox, so none of them
// may close it.

package servers

import (
	"context"
	"errors"
	"net"

	"socketbench/patterns/drain"
	"socketbench/patterns/listen"
	"socketbench/patterns/mailbox"
	"socketbench/servers/blocking"
)

// Owner answers all requests on one goroutine.
type Owner struct{ cfg Config }

// NewOwner returns the design under cfg, with a mailbox for cfg.Queue messages.
func NewOwner(cfg Config) Server { return &Owner{cfg.WithDefaults()} }

// Serve accepts, and starts a reader and a writer for each connection.
func (s *Owner) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	box := mailbox.New(s.cfg.Queue, func(m ownerMessage) { s.handle(open.Context(), m) })
	// endregion
	// region accept
	for conn, err := range listen.Conns(ctx, ln) {
		if err != nil {
			box.Close()
			return errors.Join(err, open.Wait())
		}
		open.Add(conn)

		// region dispatch
		b, answered := blocking.NewBatches(conn, s.cfg), make(chan *blocking.Batch, blocking.Ahead)
		box.Enter()
		go s.read(b, box, answered)
		go s.write(open, b, answered)
		// endregion
	}
	// endregion

	// region drain
	box.Close()
	if err := open.Wait(); err != nil {
		return err
	}
	box.Wait()
	return nil
	// endregion
}

// ownerMessage is a batch for the owner, and the channel on which it is returned.
type ownerMessage struct {
	*blocking.Batch
	answered chan<- *blocking.Batch
}

// handle is the owner's work. It never runs for two messages at once.
func (s *Owner) handle(work context.Context, m ownerMessage) {
	// region dispatch: patterns/mailbox/mailbox.go New
	m.Answer(work, s.cfg.Protocol)
	m.answered <- m.Batch
}

func (s *Owner) read(b *blocking.Batches, box *mailbox.Box[ownerMessage],
	answered chan<- *blocking.Batch) {
	defer box.Leave()
	// region read: servers/blocking/batch.go
	for last := false; !last; {
		next := b.Next()
		last = next.Last != nil // read here, because the owner has the batch once it is posted
		// region dispatch
		box.Post(ownerMessage{next, answered})
		// endregion
	}
}

// write is the writer, as in duplex. It ends the connection after the last batch.
func (s *Owner) write(open *drain.Group, b *blocking.Batches, answered <-chan *blocking.Batch) {
	// region reply: servers/blocking/batch.go
	for !b.Take(<-answered) {
	}
	b.End(open)
}
