//go:build !linux

package prefork

// Child returns at once: no process is a child here.
func Child[Job, Report any](Serve[Job, Report]) {}
