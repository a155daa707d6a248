package servertest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"socketbench/patterns/proc"
)

// seesProcesses says whether descriptors, CPU time and memory of a process can be read here.
const seesProcesses = true

// A server may be several processes. Every figure covers its process and all descendants of that.

// mayOpen returns how many descriptors this process may have open; 0: unknown.
func mayOpen() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return int(min(limit.Cur, math.MaxInt32))
}

// descriptors returns how many files and sockets a server has open; -1: its process cannot be looked into.
func descriptors(pid int) int {
	n := 0
	for i, pid := range proc.Tree(pid) {
		entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		if err != nil && i == 0 {
			return -1
		}
		n += len(entries)
	}
	return n
}

// tasks returns how many threads and processes a server has, zombies included.
func tasks(pid int) (n int) {
	for _, pid := range proc.Tree(pid) {
		n += len(proc.Threads(pid))
	}
	return n
}

// watch looks at a process for a while. It returns how much of a CPU it used, and the share of the looks
// that found a thread running or waiting for a CPU. The thread that looks counts for neither.
func watch(pid int, window time.Duration) (used, running float64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	theirs := func() time.Duration {
		if pid == os.Getpid() {
			return cpuTime(pid) - threadTime()
		}
		return cpuTime(pid)
	}
	began, before := time.Now(), theirs()
	looks, found := 0, 0
	for ; time.Since(began) < window; looks++ {
		if proc.WantsCPU(pid, unix.Gettid()) {
			found++
		}
		time.Sleep(2 * time.Millisecond)
	}
	return float64(theirs()-before) / float64(time.Since(began)), float64(found) / float64(looks)
}

// cpuTime returns the CPU time that a server's processes have used, from their own clocks.
func cpuTime(pid int) (used time.Duration) {
	for _, pid := range proc.Tree(pid) {
		t, _ := proc.CPUTime(pid) // none of one that has ended
		used += t
	}
	return used
}

// threadTime returns the CPU time that the calling thread has used.
func threadTime() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// resident returns the resident memory of a server in bytes. What its processes share is counted for each.
func resident(pid int) (bytes int) {
	for _, pid := range proc.Tree(pid) {
		if p, err := procfs.NewProc(pid); err == nil {
			if stat, err := p.Stat(); err == nil {
				bytes += stat.ResidentMemory()
			}
		}
	}
	return bytes
}

// noDelay looks for the socket of a server that is connected to peer, and says whether TCP_NODELAY is on. It looks
// at copies of descriptors (pidfd_getfd(2)): of other processes that may not be looked into, as in many a container,
// nothing is found. While there is a copy a socket is not closed, nor forgotten by epoll(7): the case must be alone.
func noDelay(pid int, peer net.Addr) (on, found bool) {
	for _, pid := range proc.Tree(pid) {
		entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		for _, entry := range entries {
			number, _ := strconv.Atoi(entry.Name())
			fd, err := copyOf(pid, number)
			if err != nil {
				continue
			}
			if isConnected(fd, peer) {
				v, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY)
				on, found = v != 0, err == nil
			}
			unix.Close(fd)
		}
	}
	return on, found
}

// copyOf returns a copy of a descriptor of a process.
func copyOf(pid, fd int) (int, error) {
	if pid == os.Getpid() {
		return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	}
	process, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return -1, os.NewSyscallError("pidfd_open", err)
	}
	defer unix.Close(process)
	fd, err = unix.PidfdGetfd(process, fd, 0)
	return fd, os.NewSyscallError("pidfd_getfd", err)
}

// isConnected reports whether a descriptor is a socket whose other end is a port of peer.
func isConnected(fd int, peer net.Addr) bool {
	port := peer.(*net.TCPAddr).Port
	switch at, _ := unix.Getpeername(fd); at := at.(type) {
	case *unix.SockaddrInet4:
		return at.Port == port
	case *unix.SockaddrInet6: // of a listener for both
		return at.Port == port
	}
	return false
}

// sendUrgent sends a byte of urgent data, which TCP puts beside the stream (tcp(7), SO_OOBINLINE in socket(7)).
func sendUrgent(conn net.Conn, b byte) error {
	raw, err := conn.(syscall.Conn).SyscallConn()
	if err != nil {
		return err
	}
	sent := raw.Write(func(fd uintptr) bool {
		err = unix.Sendto(int(fd), []byte{b}, unix.MSG_OOB, nil)
		return err != unix.EAGAIN
	})
	return errors.Join(sent, err)
}

// acknowledge makes a connection acknowledge what has arrived, and what arrives before it sends again, at once
// (TCP_QUICKACK in tcp(7)).
func acknowledge(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		if raw, err := tcp.SyscallConn(); err == nil {
			raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1) })
		}
	}
}

// resets connects to a TCP address of IPv4 n times, sends b, if it is not empty, on every third, and resets each
// connection. A few system calls do it, without the poller of the runtime, whose wake-ups cost more than the rest: one
// socket is connected again and again, and to no address in between, which resets the connection (connect(2)).
func resets(ctx context.Context, address string, n int, b []byte, patience time.Duration) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().Is4() {
		return errors.ErrUnsupported
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer unix.Close(fd)
	if deadline, ok := ctx.Deadline(); ok {
		patience = max(time.Millisecond, min(patience, time.Until(deadline)))
	}
	limit := unix.NsecToTimeval(patience.Nanoseconds())
	unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &limit) // of connect too
	nowhere := unix.RawSockaddr{Family: unix.AF_UNSPEC}
	for i := range n {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}); err != nil {
			return os.NewSyscallError("connect", err)
		}
		if i%3 == 0 && len(b) > 0 {
			unix.Write(fd, b)
		}
		if _, _, err := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&nowhere)), unsafe.Sizeof(nowhere)); err != 0 {
			return os.NewSyscallError("connect", err)
		}
	}
	return nil
}

// narrow makes the buffers of the connections that ln accepts small. The server then feels a client that does not
// read after a few hundred kilobytes instead of megabytes, and short writes are common.
func narrow(ln net.Listener) {
	conn, ok := ln.(syscall.Conn)
	if !ok {
		return
	}
	if raw, err := conn.SyscallConn(); err == nil {
		raw.Control(func(fd uintptr) {
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF, buffers)
			unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, buffers)
		})
	}
}
