//go:build unix

package reactor

import (
	"fmt"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// wakeup ends a wait from another goroutine: the poller watches the read end of a pipe, and Wake
// writes to the pipe.
type wakeup struct {
	r, w int

	mu     sync.Mutex // guards closed, because Wake may be called during or after Close
	closed bool
}

func (p *wakeup) open() error {
	var ends [2]int
	syscall.ForkLock.RLock() // no child may be forked before the ends are close-on-exec
	err := unix.Pipe(ends[:])
	if err == nil {
		unix.CloseOnExec(ends[0])
		unix.CloseOnExec(ends[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return fmt.Errorf("reactor: pipe: %w", err)
	}
	p.r, p.w = ends[0], ends[1]
	unix.SetNonblock(p.r, true)
	unix.SetNonblock(p.w, true)
	return nil
}

// Wake ends the current Wait, or the next one.
func (p *wakeup) Wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		unix.Write(p.w, []byte{0}) // a full pipe wakes the poller too
	}
}

// taken consumes all pending wake-ups.
func (p *wakeup) taken() {
	var waste [64]byte
	for {
		if n, err := unix.Read(p.r, waste[:]); n < len(waste) || err != nil {
			return
		}
	}
}

func (p *wakeup) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.closed = true
		unix.Close(p.r)
		unix.Close(p.w)
	}
}
