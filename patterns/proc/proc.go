// Package proc asks the kernel about processes, and says on which CPUs they may run: the tree of a process's children,
// its threads, the CPU time that it has used, and who listens on a port.
//
// Nothing of it needs a process that helps. All of it is Linux's: elsewhere lists hold nothing but the process itself,
// and what cannot be known or done is an error.
package proc
