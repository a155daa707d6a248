//go:build !linux

package host

// read reads nothing more: model, memory, limits and settings are read on Linux only.
func (f *Facts) read() {}

// Virtual is false here: whether a machine is a virtual one is known on Linux only.
func Virtual() bool { return false }
