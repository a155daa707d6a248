// Package overflow asks the system how many datagrams it has dropped because a socket's buffer was
// full. No other call reports this: the sender's call has succeeded, and the receiver's calls go on
// succeeding. The package also sets the size of that buffer.
package overflow
