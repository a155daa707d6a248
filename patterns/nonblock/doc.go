// Package nonblock is reading and writing without waiting: a call does what can be done at once,
// and says EAGAIN where that is nothing. When to try again is not its business: a sweep comes by
// again, a reactor is told.
//
// On Linux the calls do not tell Go's scheduler, which is right for a descriptor that never blocks
// and for no other.
package nonblock
