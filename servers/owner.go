// owner: readers post requests to one goroutine that alone answers them.
//
// How it waits. Each connection has a reader, which blocks in read, and a writer. Between them
// stands one owner for the whole server: it waits at its mailbox, opens one letter after another,
// answers the requests in it and passes the replies to the writer of their connection. An actor,
// in one word.
//
// What it costs. Two hand-overs for every batch of requests, and a mailbox that all connections
// send to: its lock is the one thing they share. In return the owner's state needs no lock at all,
// however many connections touch it; the protocol here has no such state, so this file shows the
// price and not the gain. Measured: 11.0 µs of CPU a request with one client, 7.2 with 64.
//
// Where it breaks. The owner is serial: whatever one request costs, all others wait for it, and one
// CPU is all that the server's work can ever use. A handler that waits stops everybody.
//
// Watch for. The owner must never block on behalf of one client: it passes replies on through a
// channel that has room for all batches a connection may have on their way, so that a client that
// does not read stops its own reader only. And many senders share the mailbox: none of them may
// close it.

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

// NewOwner returns the design under cfg, with a mailbox of cfg.Queue letters.
func NewOwner(cfg Config) Server { return &Owner{cfg.WithDefaults()} }

// Serve accepts, and starts a reader and a writer for each connection.
func (s *Owner) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	box := mailbox.New(s.cfg.Queue, func(l ownerLetter) { s.open(open.Context(), l) })
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

// ownerLetter is what the owner is sent: a batch, and who is to have it back.
type ownerLetter struct {
	*blocking.Batch
	answered chan<- *blocking.Batch
}

// open is the owner's work: all that must not happen twice at once.
func (s *Owner) open(work context.Context, l ownerLetter) {
	l.Answer(work, s.cfg.Protocol)
	l.answered <- l.Batch
}

func (s *Owner) read(b *blocking.Batches, box *mailbox.Box[ownerLetter],
	answered chan<- *blocking.Batch) {
	defer box.Leave()
	// region read: servers/blocking/batch.go
	for last := false; !last; {
		next := b.Next()
		last = next.Last != nil // asked now: once posted, the batch is the owner's
		// region dispatch
		box.Post(ownerLetter{next, answered})
		// endregion
	}
}

// write is as in duplex. The last batch ends it, and with it the connection.
func (s *Owner) write(open *drain.Group, b *blocking.Batches, answered <-chan *blocking.Batch) {
	// region reply: servers/blocking/batch.go
	for !b.Take(<-answered) {
	}
	b.End(open)
}
