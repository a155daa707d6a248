package proactor

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Ring is an io_uring. It belongs to the thread on which it was made, which its goroutine must be
// locked to (runtime.LockOSThread): the kernel then spares itself every lock. Only Wake is safe for
// concurrent use.
type Ring struct {
	fd      int
	sq      []byte // both queues, shared with the kernel
	sqes    []byte
	sqHead  *uint32
	sqTail  *uint32
	cqHead  *uint32
	cqTail  *uint32
	entries []sqe
	done    []cqe
	tail    uint32 // of the submission queue, ahead of sqTail until it is submitted
	events  []Completion
	limit   unix.Timespec // of a Wait; here, so that a kernel pointer to it needs no allocation
	arg     waitArg
	wakeFD  int
	wakeBuf [8]byte
	mu      sync.Mutex // of closed: a Wake may come late
	closed  bool
}

// Completion is an operation that is over.
type Completion struct {
	Token  uint64 // the caller's, from the call that queued it
	Result int    // what the system call would have returned; negative: -errno
	More   bool   // of a multi-shot operation: it goes on
}

// Err returns the error of the operation, or nil.
func (c Completion) Err() error {
	if c.Result < 0 {
		return syscall.Errno(-c.Result)
	}
	return nil
}

// New returns a ring whose submission queue holds entries operations, a power of two. It needs
// Linux 6.1; where the kernel lacks something or forbids it, the error says what.
func New(entries int) (*Ring, error) {
	r, err := setUp(entries)
	if err != nil {
		return nil, fmt.Errorf("proactor: %w", err)
	}
	return r, nil
}

func setUp(entries int) (*Ring, error) {
	p := params{cqEntries: uint32(4 * entries)}
	p.flags = setupCQSize | setupSingleIssuer | setupDeferTaskrun
	fd, _, errno := syscall.Syscall(unix.SYS_IO_URING_SETUP,
		uintptr(entries), uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, fmt.Errorf("io_uring_setup: %w%s", errno, refusals[errno])
	}
	r := &Ring{fd: int(fd), wakeFD: -1}
	unix.CloseOnExec(r.fd)
	if err := r.open(&p); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// refusals are what the errors of io_uring_setup mean, as the end of a sentence.
var refusals = map[syscall.Errno]string{
	unix.ENOSYS: ": this kernel has no io_uring, which Linux 5.1 brought; use epoll",
	unix.EPERM:  ", which a container's seccomp filter or sysctl kernel.io_uring_disabled does; use epoll",
	unix.EACCES: ", which a container's seccomp filter or sysctl kernel.io_uring_disabled does; use epoll",
	unix.EINVAL: ": this kernel's io_uring lacks SINGLE_ISSUER and DEFER_TASKRUN, which Linux 6.1 brought; use epoll",
	unix.ENOMEM: ", perhaps as locked memory is bounded (ulimit -l); use epoll",
}

// Probe says why a ring of so many entries cannot be had here, or not be used; nil if it can. It makes
// one, lets an operation complete and closes it, which takes a few milliseconds at most.
func Probe(entries int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, err := setUp(entries)
	if err != nil {
		return err
	}
	defer r.Close()
	r.Wake()
	_, err = r.Wait(time.Second)
	return err
}

// open maps what is shared with the kernel.
func (r *Ring) open(p *params) (err error) {
	if p.features&(featSingleMmap|featExtArg) != featSingleMmap|featExtArg {
		return errors.New("this kernel's io_uring lacks SINGLE_MMAP or EXT_ARG, " +
			"which Linux 5.11 brought; use epoll")
	}
	size := max(int(p.sqOff.array+4*p.sqEntries),
		int(p.cqOff.cqes)+int(p.cqEntries)*int(unsafe.Sizeof(cqe{})))
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	if r.sq, err = unix.Mmap(r.fd, 0, size, prot, flags); err != nil {
		return fmt.Errorf("mapping the rings: %w", err)
	}
	size = int(p.sqEntries) * int(unsafe.Sizeof(sqe{}))
	if r.sqes, err = unix.Mmap(r.fd, offSQEs, size, prot, flags); err != nil {
		return fmt.Errorf("mapping the submission queue: %w", err)
	}
	word := func(offset uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.sq[offset])) }
	r.sqHead, r.sqTail = word(p.sqOff.head), word(p.sqOff.tail)
	r.cqHead, r.cqTail = word(p.cqOff.head), word(p.cqOff.tail)
	r.entries = unsafe.Slice((*sqe)(unsafe.Pointer(&r.sqes[0])), p.sqEntries)
	r.done = unsafe.Slice((*cqe)(unsafe.Pointer(&r.sq[p.cqOff.cqes])), p.cqEntries)
	array := unsafe.Slice(word(p.sqOff.array), p.sqEntries)
	for i := range array {
		array[i] = uint32(i) // entries are used in turn
	}
	if r.wakeFD, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		return fmt.Errorf("eventfd: %w", err)
	}
	return r.listen()
}

// listen has the next Wake complete.
func (r *Ring) listen() error {
	return r.queue(sqe{opcode: opRead, fd: int32(r.wakeFD),
		addr: address(r.wakeBuf[:]), len: 8, userData: wakeToken})
}

// address is where p begins. Go's heap does not move; the caller keeps p alive until the
// completion.
func address(p []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(p)))) }

// Accept begins to accept from fd: each connection is a completion, its descriptor the result,
// until one without More. Descriptors are close-on-exec and block, as the waiting is the kernel's.
func (r *Ring) Accept(fd int, token uint64) error {
	return r.queue(sqe{opcode: opAccept, fd: int32(fd),
		ioprio: acceptMultishot, opFlags: unix.SOCK_CLOEXEC, userData: token})
}

// Recv receives into p, which is the kernel's until the completion. Tokens other than the highest
// are free.
func (r *Ring) Recv(fd int, p []byte, token uint64) error {
	return r.queue(sqe{opcode: opRecv, fd: int32(fd),
		addr: address(p), len: uint32(len(p)), userData: token})
}

// Send sends p, or a part of it. p is the kernel's until the completion.
func (r *Ring) Send(fd int, p []byte, token uint64) error {
	return r.queue(sqe{opcode: opSend, fd: int32(fd),
		addr: address(p), len: uint32(len(p)), opFlags: unix.MSG_NOSIGNAL, userData: token})
}

// Cancel ends the operation that has token target; it completes with ECANCELED unless it was over
// already. The cancelling completes too, with its own token.
func (r *Ring) Cancel(target, token uint64) error {
	return r.queue(sqe{opcode: opCancel, fd: -1, addr: target, userData: token})
}

// queue puts an operation into the submission queue. Nothing happens before the next Wait, unless
// it is full.
func (r *Ring) queue(e sqe) error {
	if r.queued() == uint32(len(r.entries)) {
		if err := r.enter(false, 0, 0); err != nil {
			return err
		}
		if r.queued() == uint32(len(r.entries)) {
			return fmt.Errorf("proactor: the kernel takes no more operations: %w", unix.EAGAIN)
		}
	}
	r.entries[r.tail&uint32(len(r.entries)-1)] = e
	r.tail++
	return nil
}

// queued is how many operations the kernel has not taken yet.
func (r *Ring) queued() uint32 { return r.tail - atomic.LoadUint32(r.sqHead) }

// Wait submits what was queued and blocks until something is over, Wake was called or timeout has
// passed; without bound when it is negative. The completions may be none and are valid until the
// next call.
func (r *Ring) Wait(timeout time.Duration) ([]Completion, error) {
	// First without waiting, which Go's scheduler need not hear of.
	if err := r.enter(false, 0, enterGetEvents); err != nil {
		return nil, err
	}
	if timeout != 0 && atomic.LoadUint32(r.cqTail) == *r.cqHead {
		if err := r.wait(timeout); err != nil {
			return nil, err
		}
	}
	head, tail := *r.cqHead, atomic.LoadUint32(r.cqTail)
	r.events = r.events[:0]
	woken := false
	for ; head != tail; head++ {
		c := &r.done[head&uint32(len(r.done)-1)]
		if c.userData == wakeToken {
			woken = true
			continue
		}
		r.events = append(r.events, Completion{c.userData, int(c.res), c.flags&completionMore != 0})
	}
	atomic.StoreUint32(r.cqHead, head)
	if woken {
		return r.events, r.listen()
	}
	return r.events, nil
}

// wait blocks, and tells Go's scheduler.
func (r *Ring) wait(timeout time.Duration) error {
	r.arg = waitArg{}
	if timeout > 0 {
		r.limit = unix.NsecToTimespec(int64(timeout))
		r.arg.timeout = uint64(uintptr(unsafe.Pointer(&r.limit)))
	}
	return r.enter(true, 1, enterGetEvents|enterExtArg)
}

// enter is io_uring_enter. What the kernel had no memory to take stays in the queue for the next
// call.
func (r *Ring) enter(block bool, least, flags uintptr) error {
	submit := r.queued()
	atomic.StoreUint32(r.sqTail, r.tail)
	call, arg, size := syscall.RawSyscall6, unsafe.Pointer(nil), uintptr(0)
	if block {
		call, arg, size = syscall.Syscall6, unsafe.Pointer(&r.arg), unsafe.Sizeof(r.arg)
	}
	_, _, errno := call(unix.SYS_IO_URING_ENTER,
		uintptr(r.fd), uintptr(submit), least, flags, uintptr(arg), size)
	runtime.KeepAlive(r)
	switch errno {
	case 0, unix.EINTR, unix.ETIME, unix.EBUSY, unix.EAGAIN:
		return nil
	}
	return fmt.Errorf("proactor: io_uring_enter: %w", errno)
}

// Wake ends a Wait, now or the next one.
func (r *Ring) Wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		unix.Write(r.wakeFD, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

// Close gives back what the ring holds. Operations that are not over are cancelled.
func (r *Ring) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil
	}
	r.closed = true
	if r.sqes != nil {
		unix.Munmap(r.sqes)
	}
	if r.sq != nil {
		unix.Munmap(r.sq)
	}
	if r.wakeFD >= 0 {
		unix.Close(r.wakeFD)
	}
	return unix.Close(r.fd)
}
