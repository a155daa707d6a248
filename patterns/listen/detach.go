//go:build unix

package listen

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Raw is a listening socket outside Go's poller: accepting from it never blocks, and whoever owns it
// waits for it as he likes.
type Raw struct {
	FD int // non-blocking, close-on-exec

	path  string // of a unix socket that is to be removed; "": none
	close sync.Once
}

// Detach takes the socket away from ln, which is closed also on error. A descriptor that stays known to
// Go's poller would wake it for every connection, for nobody.
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

// Descriptor returns a duplicate, close-on-exec, of the descriptor of one of Go's listeners or connections, which
// stays open. Both share their mode: making one of them block would make the other block.
func Descriptor(of any) (fd int, err error) {
	conn, ok := of.(syscall.Conn)
	if !ok {
		return -1, fmt.Errorf("listen: %T has no descriptor; this design needs one of package net's own", of)
	}
	control, err := conn.SyscallConn()
	if err == nil {
		var dup error
		err = control.Control(func(its uintptr) { fd, dup = unix.FcntlInt(its, unix.F_DUPFD_CLOEXEC, 0) })
		err = errors.Join(err, dup)
	}
	if err != nil {
		return -1, fmt.Errorf("listen: duplicating the descriptor of a %T: %w", of, err)
	}
	return fd, nil
}

// Inherit makes a listener of a descriptor that another process has bound, and takes file. The path of a
// unix socket is not removed when it is closed, nor after Detach: that is for the one who made it.
func Inherit(file *os.File) (net.Listener, error) {
	defer file.Close()
	ln, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("listen: inherited descriptor: %w", err)
	}
	if u, ok := ln.(*net.UnixListener); ok {
		return inherited{u}, nil
	}
	return ln, nil
}

// inherited is another type for Detach, which removes the path of the unix listeners that it knows.
type inherited struct{ *net.UnixListener }

// Close ends listening and, like Go's listener, removes the path of a unix socket before that. Connections
// that nobody has accepted are reset. A second call does nothing.
func (r *Raw) Close() {
	r.close.Do(func() {
		if r.path != "" && r.path[0] != '@' {
			unix.Unlink(r.path)
		}
		unix.Close(r.FD)
	})
}
