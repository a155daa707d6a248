//go:build !linux

package servertest

import "time"

// stalled tells nothing: for how long threads wait for a CPU is not known here.
func stalled() time.Duration { return 0 }
