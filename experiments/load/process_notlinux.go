//go:build !linux

package load

// pinProcess does nothing: placement needs Linux.
func pinProcess([]int) error { return nil }
