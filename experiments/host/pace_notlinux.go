//go:build !linux

package host

import "time"

// Pace measures nothing here: a thread can be confined to a CPU on Linux only.
func Pace([]int) map[string]time.Duration { return nil }
