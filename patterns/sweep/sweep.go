// Package sweep is many sockets visited in turn by one goroutine: what is left of an event loop
// when nobody tells which of them is ready.
package sweep

import "time"

// Visit is what came of one visit.
type Visit int

const (
	Idle Visit = iota // nothing to do
	Busy              // something was done: the next sweep should follow at once
	Gone              // the member has ended and is to be forgotten
)

// Ring is the set that is swept, and the pause between two sweeps: they follow each other at once
// while they find something to do, and less and less often while they do not, as silence should
// cost little CPU. It belongs to one goroutine. The zero value is empty and never pauses.
type Ring[T any] struct {
	Most time.Duration // the longest pause between two sweeps that found nothing

	members []T
	pause   time.Duration
	timer   *time.Timer
}

// Add puts a member at the end. It is swept at once.
func (r *Ring[T]) Add(member T) {
	r.members = append(r.members, member)
	r.pause = 0
}

// Len is the number of members.
func (r *Ring[T]) Len() int { return len(r.members) }

// always is ready at any time.
var always = func() <-chan time.Time {
	c := make(chan time.Time)
	close(c)
	return c
}()

// Due is a channel for select that is ready when the next sweep is due: never while the ring is
// empty. The pause is counted from this call.
func (r *Ring[T]) Due() <-chan time.Time {
	switch {
	case len(r.members) == 0:
		return nil
	case r.pause == 0:
		return always
	case r.timer == nil:
		r.timer = time.NewTimer(r.pause)
	default:
		r.timer.Reset(r.pause)
	}
	return r.timer.C
}

// Sweep visits every member once, in the order in which they came, and forgets those that are gone.
func (r *Ring[T]) Sweep(visit func(T) Visit) {
	kept, busy := r.members[:0], false
	for _, member := range r.members {
		v := visit(member)
		busy = busy || v != Idle
		if v != Gone {
			kept = append(kept, member)
		}
	}
	clear(r.members[len(kept):]) // a member that is gone must not be kept alive
	r.members = kept
	if r.pause = min(max(2*r.pause, time.Millisecond), r.Most); busy {
		r.pause = 0
	}
}
