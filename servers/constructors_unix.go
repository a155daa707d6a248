//go:build unix

package servers

// Constructors of the designs that need Unix system calls.
var (
	newThread  = NewThread
	newBorrow  = NewBorrow
	newTryread = NewTryread
	newSelect  = NewSelect
	newPoll    = NewPoll
)
