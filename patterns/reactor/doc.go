// Package reactor is readiness: the kernel says which descriptors can be read or written without
// blocking, and one goroutine visits exactly those. Epoll, poll and select stand behind one
// [Poller], so that two servers that differ only in the system call differ only in the constructor.
//
// There is nothing above it: no callbacks, no connections, no buffers. The loop that waits is the
// caller's, and visible there.
package reactor
