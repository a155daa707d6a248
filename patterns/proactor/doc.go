// Package proactor is completion: the caller says what is to be done (accept, receive, send) and is
// told when it has been done. On Linux it is an io_uring, by system calls and shared memory,
// without a library.
//
// Where a reactor says that a read would not block, a proactor says that it is over. So the buffer
// belongs to the kernel from the moment an operation is queued until its completion.
package proactor
