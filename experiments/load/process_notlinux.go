//go:build !linux

package load

// exactSleep does nothing: other systems have no timer slack to set.
func exactSleep() {}
