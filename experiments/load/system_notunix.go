//go:build !unix

package load

import "time"

// descriptorLimit is not known here: Windows has none worth naming.
func descriptorLimit() int { return 0 }

// systemClock returns a clock that all processes share, ns.
func systemClock() int64 { return time.Now().UnixNano() }
