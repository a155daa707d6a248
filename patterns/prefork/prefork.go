// Package prefork serves one listening socket from several processes: a parent that binds it and
// never accepts, and children that inherit it. The kernel gives a connection to whichever child
// accepts first; what breaks one child, the others do not notice.
//
// A child is this very program, started again: [Child], called as the first line of main and of
// TestMain, finds out which of the two a process is. Children need Linux, where they die with their
// parent.
package prefork

import (
	"context"
	"net"
	"time"
)

// Serve is the work of a child: it serves ln, which it owns, until ctx ends, and then returns.
// order is what the parent wants of it. tell sends a word to the parent; any goroutine may call
// it until Serve returns. Order and Word cross a pipe as JSON.
type Serve[Order, Word any] func(ctx context.Context, ln net.Listener, order Order, tell func(Word))

// Options say what children to have. Children and Order must be set.
type Options[Order, Word any] struct {
	Children int
	// Order is for the child at that place, whenever one is started for it.
	Order func(child int) Order
	// Heard is called when a child has said something. Calls do not overlap.
	Heard func(child int, word Word)
	// Died is called, from any goroutine, when a child has ended though nobody told it to; another will
	// follow. how may be nil.
	Died func(child, pid int, how error)
	// Patience is how long after the stop a child that has not ended is killed; 0: 10 s.
	Patience time.Duration
}
