// Package proc asks the kernel about processes: the tree of a process's children, its threads, the CPU time that it has
// used, whether it waits for a CPU, and the sockets that listen. It also sets the CPUs on which threads may run.
//
// It needs no help from the process. All of it works on Linux only: on other systems Tree lists only the process itself,
// and functions that cannot do their work return an error.
package proc
