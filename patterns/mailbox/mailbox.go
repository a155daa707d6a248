// Package mailbox is many senders and one owner. A goroutine that wants to use the owner's state
// posts a message, and one goroutine alone handles the messages, one after another, so that the
// state needs no lock. This is an actor (Hewitt 1973).
package mailbox

import "sync"

// Box is the owner's mailbox. Safe for concurrent use.
type Box[T any] struct {
	messages chan T
	senders  sync.WaitGroup
	ended    chan struct{}
}

// New returns the mailbox of a new goroutine, the owner, which calls handle for each message in
// turn. The box has room for size messages.
func New[T any](size int, handle func(T)) *Box[T] {
	b := &Box[T]{messages: make(chan T, size), ended: make(chan struct{})}
	go func() {
		defer close(b.ended)
		for message := range b.messages {
			handle(message)
		}
	}()
	return b
}

// Enter adds a sender. It is called before the sender posts, and Leave after its last message.
// Senders are counted because none of them could know when to close a channel that all of them use,
// and a send on a closed channel panics.
func (b *Box[T]) Enter() { b.senders.Add(1) }

// Leave ends what Enter began.
func (b *Box[T]) Leave() { b.senders.Done() }

// Post puts a message into the box, and blocks while the box is full. Messages of one sender are
// handled in the order in which it posted them.
func (b *Box[T]) Post(message T) { b.messages <- message }

// Close ends the owner once all senders have left and their messages are handled. No sender may
// enter after it. It does not block; Wait does.
func (b *Box[T]) Close() {
	go func() {
		b.senders.Wait()
		close(b.messages)
	}()
}

// Wait blocks until the owner has ended.
func (b *Box[T]) Wait() { <-b.ended }
