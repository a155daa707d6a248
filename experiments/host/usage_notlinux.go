//go:build !linux

package host

import "errors"

// errUnread says that this platform's figures of other processes are not read.
var errUnread = errors.New("host: what a process uses is read on Linux only")

// ReadUsage reads nothing here: it needs Linux's clocks of other processes and /proc.
func ReadUsage(...int) (Usage, error) { return Usage{}, errUnread }

// ReadMachine reads nothing here: it needs Linux's /proc.
func ReadMachine() (Machine, error) { return Machine{}, errUnread }

// descriptors is 0: open files are counted on Linux only.
func descriptors() int { return 0 }

// ReadCPU reads nothing here: it needs Linux's clocks of other processes.
func ReadCPU(...int) (Usage, error) { return Usage{}, errUnread }
