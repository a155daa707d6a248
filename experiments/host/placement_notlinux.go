//go:build !linux

package host

// cores is empty: which CPUs a process runs on can be chosen on Linux only.
func cores() [][]int { return nil }
