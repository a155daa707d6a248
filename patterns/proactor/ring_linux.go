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

// Ring is an io_uring. It belongs to the thread on which it was made, so that the kernel needs no
// locks, and its goroutine must be locked to that thread (runtime.LockOSThread). Only Wake is safe
// for concurrent use.
//
// Handed to the kernel: operations to carry out, any number with one call.
// Comes back: operations that are done, with their results, and no others.
// Who remembers: the kernel, each operation until it is done.
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
	tail    uint32 // of the submission queue; ahead of sqTail until the next submission
	events  []Completion
	limit   unix.Timespec // of a Wait; a field, so that its pointer needs no allocation
	arg     waitArg
	wakeFD  int
	wakeBuf [8]byte
	mu      sync.Mutex // guards closed, because Wake may be called after Close
	closed  bool
}

// Completion is a completed operation.
type Completion struct {
	Token  uint64 // from the call that queued the operation
	Result int    // the result of the system call; negative: -errno
	More   bool   // a multi-shot operation continues
}

// Err returns the error of the operation, or nil.
func (c Completion) Err() error {
	if c.Result < 0 {
		return syscall.Errno(-c.Result)
	}
	return nil
}

// New returns a ring whose submission queue has room for entries operations, a power of two. It
// needs Linux 6.1. If the kernel lacks or forbids something, the error says what.
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

// refusals explain the errors of io_uring_setup, as the end of a sentence.
var refusals = map[syscall.Errno]string{
	unix.ENOSYS: ": this kernel has no io_uring, which Linux 5.1 brought; use epoll",
	unix.EPERM:  ", because of a container's seccomp filter or sysctl kernel.io_uring_disabled; use epoll",
	unix.EACCES: ", because of a container's seccomp filter or sysctl kernel.io_uring_disabled; use epoll",
	unix.EINVAL: ": this kernel's io_uring lacks SINGLE_ISSUER and DEFER_TASKRUN, which Linux 6.1 brought; use epoll",
	unix.ENOMEM: ", perhaps because locked memory is limited (ulimit -l); use epoll",
}

// Probe returns nil if a ring of so many entries can be made and used here, and otherwise the
// reason. It makes a ring, completes one operation and closes the ring, which takes a few
// milliseconds at most.
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

// open maps the memory that is shared with the kernel.
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

// listen queues the read that the next Wake completes.
func (r *Ring) listen() error {
	return r.queue(sqe{opcode: opRead, fd: int32(r.wakeFD),
		addr: address(r.wakeBuf[:]), len: 8, userData: wakeToken})
}

// address returns the address of p for the kernel. Memory on Go's heap does not move, and the
// caller keeps p alive until the completion.
func address(p []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(p)))) }

// Accept queues a multi-shot accept on fd: each connection is a completion with its descriptor as
// the result, until a completion without More. The descriptors are close-on-exec and blocking,
// because the kernel does the waiting.
func (r *Ring) Accept(fd int, token uint64) error {
	return r.queue(sqe{opcode: opAccept, fd: int32(fd),
		ioprio: acceptMultishot, opFlags: unix.SOCK_CLOEXEC, userData: token})
}

// Recv queues a receive into p, which belongs to the kernel until the completion. token may be
// anything but the highest number.
func (r *Ring) Recv(fd int, p []byte, token uint64) error {
	return r.queue(sqe{opcode: opRecv, fd: int32(fd),
		addr: address(p), len: uint32(len(p)), userData: token})
}

// Send queues a send of p, which may send only a part. p belongs to the kernel until the
// completion.
func (r *Ring) Send(fd int, p []byte, token uint64) error {
	return r.queue(sqe{opcode: opSend, fd: int32(fd),
		addr: address(p), len: uint32(len(p)), opFlags: unix.MSG_NOSIGNAL, userData: token})
}

// Cancel cancels the operation with token target, which completes with ECANCELED unless it is
// complete already. The cancellation completes too, with its own token.
func (r *Ring) Cancel(target, token uint64) error {
	return r.queue(sqe{opcode: opCancel, fd: -1, addr: target, userData: token})
}

// queue puts an operation into the submission queue. The next Wait submits it; a full queue is
// submitted at once.
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

// queued returns how many operations the kernel has not taken yet.
func (r *Ring) queued() uint32 { return r.tail - atomic.LoadUint32(r.sqHead) }

// Wait submits the queued operations and blocks until an operation completes, Wake is called or
// timeout passes; a negative timeout never passes. The result may be empty, and is valid until the
// next call.
func (r *Ring) Wait(timeout time.Duration) ([]Completion, error) {
	// The first call does not wait, so it can bypass Go's scheduler.
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

// wait blocks, in a call that Go's scheduler knows about.
func (r *Ring) wait(timeout time.Duration) error {
	r.arg = waitArg{}
	if timeout > 0 {
		r.limit = unix.NsecToTimespec(int64(timeout))
		r.arg.timeout = uint64(uintptr(unsafe.Pointer(&r.limit)))
	}
	return r.enter(true, 1, enterGetEvents|enterExtArg)
}

// enter is io_uring_enter. Operations that the kernel has no memory for stay in the queue for the
// next call.
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

// Wake ends the current Wait, or the next one.
func (r *Ring) Wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		unix.Write(r.wakeFD, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	}
}

// Close frees the ring. Operations that are not complete are cancelled.
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
