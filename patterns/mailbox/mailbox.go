// Package mailbox is many senders and one owner: whoever wants something done to what the owner
// owns posts a letter, and nobody needs a lock, as one goroutine alone opens them, one after
// another: an actor (Hewitt 1973).
package mailbox

import "sync"

// Box is the owner's mailbox. Safe for concurrent use.
type Box[T any] struct {
	letters chan T
	senders sync.WaitGroup
	gone    chan struct{}
}

// New returns the mailbox of a goroutine that calls open for each letter in turn. The box holds
// size letters.
func New[T any](size int, open func(T)) *Box[T] {
	b := &Box[T]{letters: make(chan T, size), gone: make(chan struct{})}
	go func() {
		defer close(b.gone)
		for letter := range b.letters {
			open(letter)
		}
	}()
	return b
}

// Enter makes a sender known, before it posts; Leave is called after its last letter. With many
// senders nobody could know when to close a channel, and a send on a closed one panics; so they are
// counted.
func (b *Box[T]) Enter() { b.senders.Add(1) }

// Leave ends what Enter began.
func (b *Box[T]) Leave() { b.senders.Done() }

// Post puts a letter into the box and blocks while it is full. Letters of one sender are opened in
// the order in which it posted them.
func (b *Box[T]) Post(letter T) { b.letters <- letter }

// Close lets the owner go once the senders have left and their letters are opened. No sender may
// enter any more. It does not block; Wait does.
func (b *Box[T]) Close() {
	go func() {
		b.senders.Wait()
		close(b.letters)
	}()
}

// Wait blocks until the owner has gone.
func (b *Box[T]) Wait() { <-b.gone }
