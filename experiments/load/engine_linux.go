package load

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"socketbench/patterns/overflow"
	"socketbench/patterns/proc"

	"golang.org/x/sys/unix"
)

// BestEngine is the best engine of this platform.
const BestEngine = EngineEpoll

// How an engine polls and waits.
const (
	batch      = 64                          // events taken at once; a due request waits for no more replies than these
	yieldEvery = int64(5 * time.Millisecond) // half of what makes Go's monitor interrupt
	sendBatch  = 16                          // due requests sent before replies are looked at again
	buffer     = 256 << 10                   // of one read; shared by all connections, so it costs nothing to have it large
)

// epollEngine drives a workload from one thread, with raw system calls on non-blocking sockets.
type epollEngine struct {
	*workload
	dialer  *dialer
	ep      int
	wakefd  int
	quit    *atomic.Bool // end early
	events  [batch]unix.EpollEvent
	rx, tx  []byte
	sockets []int32 // by client; -1: none

	thread, threads int
	spin            bool
	alone           bool  // it has the process to itself, and yields
	yielded         int64 // when it last did
	cpuClock        int32
	cpuAt, emptyAt  int64 // when the window began
	emptyFor        int64 // ns of polls that have found nothing so far
}

func newEpoll(w *workload, t target, thread, threads int, quit *atomic.Bool) (engine, error) {
	d, err := newDialer(t, *w.o.NoDelay)
	if err != nil {
		return nil, err
	}
	d.source = uint32(w.shard.First * 50)
	if w.o.Part.First > 0 && d.rotates {
		d.rotate() // the kernel's choice is the first process's, which may use up its ports
	}
	e := &epollEngine{
		workload: w, dialer: d, quit: quit, thread: thread, threads: threads, spin: w.o.Spin,
		rx: make([]byte, buffer), tx: make([]byte, chunk), sockets: make([]int32, len(w.clients)),
	}
	e.redials = true
	for i := range e.sockets {
		e.sockets[i] = -1
	}
	if e.ep, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("load: epoll: %w", err)
	}
	if e.wakefd, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		unix.Close(e.ep)
		return nil, fmt.Errorf("load: eventfd: %w", err)
	}
	if errno := control(e.ep, e.wakefd, -1, 0, unix.EPOLLIN); errno != 0 {
		e.close()
		return nil, fmt.Errorf("load: epoll: %w", errno)
	}
	return e, nil
}

// pin keeps and pins the thread that it is called on. All other methods are called on it, until close.
//
// A generator process with one CPU is pinned as a whole and does without a thread of its own: Go's
// monitor interrupts every goroutine that has run for 10 ms, and one that must be on its own thread is
// then handed from thread to thread, 10 us and more. Without one it can yield before that, and go on.
func (e *epollEngine) pin() error {
	if e.alone = e.o.confined && len(e.o.CPUs) == 1; e.alone {
		e.cpuClock = unix.CLOCK_PROCESS_CPUTIME_ID
		return nil
	}
	runtime.LockOSThread()
	e.cpuClock = unix.CLOCK_THREAD_CPUTIME_ID
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, exactTimers, 0, 0, 0)
	if len(e.o.CPUs) == 0 {
		return nil
	}
	err := proc.ConfineThread([]int{e.cpu()})
	if err != nil && proc.Confinable() != nil { // nobody may choose CPUs here, and placements that need it are refused
		return nil
	}
	return err
}

// cpu is the CPU of this engine. The engines of the parts of a run, which may share the CPUs of one machine, take turns at
// the first one.
func (e *epollEngine) cpu() int { return e.o.CPUs[(e.o.Part.First+e.thread)%len(e.o.CPUs)] }

// wake ends a sleep, from any goroutine.
func (e *epollEngine) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(e.wakefd, one[:])
}

// close ends every connection and gives the thread back.
func (e *epollEngine) close() {
	for _, fd := range e.sockets {
		if fd >= 0 {
			shut(int(fd))
		}
	}
	unix.Close(e.wakefd)
	unix.Close(e.ep)
}

// serve does what the client wants: close, connect, send. It returns the last reading of the clock, or 0.
func (e *epollEngine) serve(c *client) (now int64) {
	for {
		if c.closing != stay {
			e.hangUp(c)
		}
		switch {
		case c.state == dialing:
			now = clock()
			e.dial(c, now)
		case e.speaks(c):
			now = clock()
			n, errno := send(int(e.sockets[c.index]), e.out(c, now, e.tx))
			switch errno {
			case 0:
				e.wrote(c, n, now)
			case unix.EAGAIN, unix.EINTR:
				return now
			default:
				e.broken(c, errno)
			}
		default:
			return now
		}
	}
}

func (e *epollEngine) hangUp(c *client) {
	if fd := int(e.sockets[c.index]); fd >= 0 {
		if c.closing == abortive {
			abort(fd)
		} else {
			shut(fd)
		}
	}
	e.sockets[c.index], c.closing = -1, stay
}

// dial begins to connect.
func (e *epollEngine) dial(c *client, now int64) {
	e.dials(c, now)
	fd, errno := e.dialer.dial()
	switch errno {
	case 0, unix.EINPROGRESS:
	case unix.EAGAIN: // a unix listener's backlog is full: the system has no queue to stand in
		e.later(c, now+int64(comeback))
		return
	default:
		e.failed(c, kindOf(errno), now)
		return
	}
	e.sockets[c.index] = int32(fd)
	interest := uint32(unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP)
	if c.profile.neverReads {
		interest = unix.EPOLLOUT | unix.EPOLLRDHUP // that it ends is noticed without reading
		option(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, slowReaderWindow)
	}
	if more := control(e.ep, fd, c.index, c.generation, interest); more != 0 {
		e.failed(c, kindOf(more), now)
		return
	}
	if errno == 0 {
		e.connected(c, clock())
	}
}

// dropped returns how many replies the system has dropped because the buffers of the clients' sockets were full.
func (e *epollEngine) dropped() (n int64) {
	if !e.o.Datagrams() {
		return 0
	}
	for _, fd := range e.sockets {
		if fd >= 0 {
			n += overflow.Of(uintptr(fd))
		}
	}
	return n
}

// broken ends a connection that a send failed on. Replies that came before the server closed it are taken first.
func (e *epollEngine) broken(c *client, errno syscall.Errno) {
	for generation := c.generation; c.generation == generation; {
		if n, err := receive(int(e.sockets[c.index]), e.rx); err == 0 && n > 0 {
			e.received(c, e.rx[:n], clock())
		} else {
			e.failed(c, kindOf(errno), clock())
		}
	}
}
