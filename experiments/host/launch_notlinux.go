//go:build !linux

package host

import "errors"

// confineThread refuses to place: CPU affinity is asked for through Linux system calls only.
func confineThread(cpus []int) error {
	if len(cpus) > 0 {
		return errors.New("host: processes cannot be placed on CPUs here; placement needs Linux")
	}
	return nil
}

// Confine does nothing here: placement needs Linux.
func Confine(cpus []int) error { return confineThread(cpus) }
