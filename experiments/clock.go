package experiments

import "time"

// The system's clock tells when something was; a person or a time server may set it at any moment. How
// long something lasted is always a difference of monotonic readings, which nobody sets.

// systemTime is what the system's clock shows, without the monotonic reading that time.Now has beside it,
// so that nobody takes a difference of it for a duration.
func systemTime() time.Time { return time.Now().Round(0) }

// jumpBound is from how far the system's clock may have left the monotonic one within a trial until it was
// set, and not slewed or read a little late.
const jumpBound = time.Second

// jump is how far the system's clock was set while so much time passed, or 0.
func jump(before, after time.Time, passed time.Duration) time.Duration {
	by := after.Sub(before) - passed
	if by.Abs() < jumpBound {
		return 0
	}
	return by
}
