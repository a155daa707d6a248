//go:build !linux

package prefork

// Child returns at once: no process is a child here.
func Child[Order, Word any](Serve[Order, Word]) {}
