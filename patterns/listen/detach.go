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

// Raw is a listening socket outside Go's poller: accepting from it never blocks, and whoever owns
// it waits for it as he likes.
type Raw struct {
	FD int // non-blocking, close-on-exec

	path  string // of a unix socket that is to be removed; "": none
	close sync.Once
}

// Detach takes the socket away from ln, which is closed also on error. A descriptor that stays
// known to Go's poller would wake it for every connection, for nobody.
//
// It makes the descriptor's duplicate from SyscallConn and not from File: what File returns shares
// its mode with ln, and its Fd method makes both of them blocking.
func Detach(ln net.Listener) (*Raw, error) {
	defer ln.Close()
	fd, err := Descriptor(ln)
	if err != nil {
		return nil, err
	}
	raw := &Raw{FD: fd}
	if u, ok := ln.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false) // the path is the socket's name until Close
		raw.path = u.Addr().String()
	}
	return raw, nil
}

// Descriptor returns a duplicate, close-on-exec, of the descriptor of one of Go's listeners or
// connections, which stays open. Both share their mode: making one of them block would make the
// other block.
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

// Close ends listening and, like Go's listener, removes the path of a unix socket before that.
// Connections that nobody has accepted are reset. A second call does nothing.
func (r *Raw) Close() {
	r.close.Do(func() {
		if r.path != "" && r.path[0] != '@' {
			unix.Unlink(r.path)
		}
		unix.Close(r.FD)
	})
}
