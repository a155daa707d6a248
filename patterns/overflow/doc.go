// Package overflow asks the system how many datagrams it has dropped because a socket's buffer was
// full. No other call reports this: the sender's call has succeeded, and the receiver's calls go on
// succeeding.
package overflow
