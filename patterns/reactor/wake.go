//go:build unix

package reactor

import (
	"fmt"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// wakeup is the oldest way to end a wait from outside: a pipe whose read end is waited for too.
type wakeup struct {
	r, w int

	mu     sync.Mutex // a Wake may come while, or after, the poller is closed
	closed bool
}

func (p *wakeup) open() error {
	var ends [2]int
	syscall.ForkLock.RLock() // no child is forked before the ends are marked
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

// Wake ends a Wait, now or the next one.
func (p *wakeup) Wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		unix.Write(p.w, []byte{0}) // a full pipe wakes as well
	}
}

// taken consumes all wake-ups there are.
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
