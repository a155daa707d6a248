// Package reactor is readiness: the kernel says which descriptors can be read or written without
// blocking, and one goroutine visits exactly those. Epoll, poll and select implement one [Poller],
// so that servers that differ only in the system call differ only in the constructor.
//
// It has no callbacks, connections or buffers: the loop that waits is in the server that uses it.
package reactor
