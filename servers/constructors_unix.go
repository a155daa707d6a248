//go:build unix

package servers

// Constructors of designs that need the system calls of a unix.
var (
	newThread  = NewThread
	newBorrow  = NewBorrow
	newTryread = NewTryread
	newSelect  = NewSelect
	newPoll    = NewPoll
)
