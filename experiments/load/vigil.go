package load

import "time"

// An engine that has no turn, because its process was stopped or the machine stood still, sends nothing and
// reads nothing. Its clock goes on, so the time is in every response under way, and in the rate: figures of
// the generator, told as the server's. So an engine looks at its clock at least once a beat, and what lies
// between two looks beyond what it meant to wait is a pause.
const (
	beat      = 5 * time.Millisecond  // the longest that an engine waits before it looks at its clock
	pauseFrom = 10 * time.Millisecond // a shorter pause is the system's way to share its CPUs
)

// A vigil keeps the pauses of one engine, of its window and of the grace after it.
type vigil struct {
	longest int64 // ns; 0: there was none
	total   int64 // ns, of the window
}

// paused notes that the engine should have had its turn at due and had it at now.
func (b *book) paused(due, now int64) {
	if b.start == never {
		return
	}
	v := &b.vigil
	if length := min(now, b.end+int64(grace)) - max(due, b.start); length >= int64(pauseFrom) {
		v.longest = max(v.longest, length)
		v.total += max(0, min(now, b.end)-max(due, b.start))
	}
}

// add takes over another engine's. Engines that play side by side stand still side by side.
func (v *vigil) add(other vigil) {
	v.longest, v.total = max(v.longest, other.longest), max(v.total, other.total)
}
