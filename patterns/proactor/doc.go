// Package proactor is completion: the caller queues an operation (accept, receive, send) and is
// told when it is complete. On Linux it is an io_uring, used by system calls and shared memory,
// without a library.
//
// A reactor reports that a read would not block; a proactor reports that the read is complete. So
// the buffer belongs to the kernel from the moment an operation is queued until its completion.
package proactor
