// Package sweep is many sockets visited in turn by one goroutine: an event loop without a kernel
// that says which of them are ready.
package sweep

import "time"

// Visit is the result of one visit.
type Visit int

const (
	Idle Visit = iota // there was nothing to do
	Busy              // something was done: the next sweep should follow at once
	Gone              // the member has ended and is removed
)

// Ring is a set of members to visit, and the pause between two sweeps over them. While sweeps find
// something to do there is no pause; otherwise each pause is longer than the last, because silence
// should cost little CPU. A Ring belongs to one goroutine. The zero value is empty and never
// pauses.
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

// always is a channel that is always ready.
var always = func() <-chan time.Time {
	c := make(chan time.Time)
	close(c)
	return c
}()

// Due returns a channel for a select statement, which is ready when the next sweep is due. While
// the ring is empty it is never ready. The pause begins with this call.
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

// Sweep visits every member once, in the order in which they were added, and removes those that
// have ended.
func (r *Ring[T]) Sweep(visit func(T) Visit) {
	kept, busy := r.members[:0], false
	for _, member := range r.members {
		v := visit(member)
		busy = busy || v != Idle
		if v != Gone {
			kept = append(kept, member)
		}
	}
	clear(r.members[len(kept):]) // removed members must not be kept in memory
	r.members = kept
	if r.pause = min(max(2*r.pause, time.Millisecond), r.Most); busy {
		r.pause = 0
	}
}
