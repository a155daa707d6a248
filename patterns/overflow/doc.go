// Package overflow asks the system how many datagrams it has thrown away because nobody read those before them.
// Nobody else says so: the sender's call has succeeded, and the receiver's goes on succeeding.
package overflow
