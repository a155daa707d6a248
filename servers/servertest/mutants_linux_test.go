package servertest

import (
	"net"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// systemMutants make wrong system calls.
var systemMutants = []mutant{
	{name: "waits for urgent data and leaves it there", rule: "resources/calm-after-urgent", flaw: flaw{read: func(r *reference, v *visit, p []byte) (int, error) {
		raw, err := v.stream.(syscall.Conn).SyscallConn()
		if err != nil {
			return 0, err
		}
		for readable := false; !readable && !r.stopping.Load(); {
			raw.Control(func(fd uintptr) {
				pollfds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN | unix.POLLPRI}}
				unix.Poll(pollfds, 100)
				readable = pollfds[0].Revents&^unix.POLLPRI != 0
			})
		}
		return v.Read(p)
	}}},
	{name: "takes urgent data for the end", rule: "resources/calm-after-urgent", flaw: flaw{read: func(r *reference, v *visit, p []byte) (int, error) {
		raw, err := v.stream.(syscall.Conn).SyscallConn()
		if err != nil {
			return 0, err
		}
		urgent := false
		raw.Read(func(fd uintptr) bool {
			pollfds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN | unix.POLLPRI}}
			unix.Poll(pollfds, 0)
			urgent = pollfds[0].Revents&unix.POLLPRI != 0
			return pollfds[0].Revents != 0
		})
		if urgent {
			return 0, syscall.ECONNRESET
		}
		return v.Read(p)
	}}},
	{name: "leaks a thread a client", rule: "resources/left-by-clients", flaw: flaw{
		begin: func(r *reference, _ *visit) {
			go func() {
				runtime.LockOSThread() // it ends with the goroutine
				<-r.leftovers
			}()
		},
		over: func(r *reference, _ net.Listener) { close(r.leftovers) }}},
	{name: "waits for none of its children", rule: "resources/left-by-clients", flaw: flaw{
		begin: func(r *reference, _ *visit) {
			child := exec.Command("true")
			if everyNth(r, 5) && child.Start() == nil {
				go func() {
					<-r.leftovers
					child.Wait()
				}()
			}
		},
		over: func(r *reference, _ net.Listener) { close(r.leftovers) }}},
	{name: "leaves a descriptor when it ends", rule: "resources/descriptors-after-stop", flaw: flaw{over: func(*reference, net.Listener) {
		unix.Dup(0)
	}}},
}
