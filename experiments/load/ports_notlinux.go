//go:build !linux

package load

// ephemeralPorts is not known here.
func ephemeralPorts() int { return 0 }
