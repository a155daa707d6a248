// Package nonblock is reading and writing without waiting: a call does what can be done at once,
// and returns EAGAIN if that is nothing. The caller decides when to try again: a sweep tries in
// turn, a reactor waits until the kernel reports that the descriptor is ready.
//
// On Linux the calls bypass Go's scheduler, which is correct only for descriptors that never block.
package nonblock
