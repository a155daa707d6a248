//go:build unix

package listen

import (
	"errors"
	"fmt"
	"net"
	"sync"

	"golang.org/x/sys/unix"

	"socketbench/patterns/nonblock"
)

// Raw is a listening socket outside Go's poller. Accepting from it never blocks, and its owner
// waits for it in its own way.
type Raw struct {
	FD int // non-blocking, close-on-exec

	path  string // the path of a unix socket, which Close removes; "": none
	close sync.Once
}

// Detach takes the socket away from ln. It closes ln, also on error: if the descriptor stayed in
// Go's poller, every connection would wake that poller for nothing.
//
// Detach duplicates the descriptor through SyscallConn. It does not use File, because the duplicate
// shares its mode with ln, and the Fd method of a File makes both blocking.
func Detach(ln net.Listener) (*Raw, error) {
	defer ln.Close()
	fd, err := Descriptor(ln)
	if err != nil {
		return nil, err
	}
	raw := &Raw{FD: fd}
	if u, ok := ln.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // clients need the path until Close
		raw.path = u.Addr().String()
	}
	return raw, nil
}

// Descriptor returns a close-on-exec duplicate of the descriptor of one of Go's listeners or
// connections, which stays open. Both descriptors share their mode: making one blocking makes the
// other blocking.
func Descriptor(of any) (fd int, err error) {
	raw, err := nonblock.Lend(of)
	if err == nil {
		var dup error
		err = raw.Control(func(its uintptr) {
			fd, dup = unix.FcntlInt(its, unix.F_DUPFD_CLOEXEC, 0)
		})
		err = errors.Join(err, dup)
	}
	if err != nil {
		return -1, fmt.Errorf("listen: duplicating the descriptor of a %T: %w", of, err)
	}
	return fd, nil
}

// Close removes the path of a unix socket, as Go's listener does, and stops listening. Connections
// that were not accepted are reset. A second call does nothing.
func (r *Raw) Close() {
	r.close.Do(func() {
		if r.path != "" && r.path[0] != '@' {
			unix.Unlink(r.path)
		}
		unix.Close(r.FD)
	})
}
