//go:build !unix

package proc

import "time"

// Clock reads a clock that all processes of this system share, in ns. Here it is the system's, which may be set.
func Clock() int64 { return time.Now().UnixNano() }
