package host

import (
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"socketbench/patterns/proc"
)

// adoptOrphans makes this process the parent of descendants whose own parent has ended, so that a
// server that turns itself into a daemon can still be ended.
func adoptOrphans() { unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// killDescendants kills and waits for whatever is below this process, until the kernel says that nothing is: a process may
// fork while the tree is read, a tree that is read while processes end may lack some of them, and a process that was
// killed is there for another moment. It is called when the command has been waited for, as noneBelow is.
func killDescendants() {
	for range 1000 {
		for _, pid := range proc.Tree(os.Getpid())[1:] {
			unix.Kill(pid, unix.SIGKILL)
		}
		if noneBelow() {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// noneBelow waits for the processes below this one that have ended, and reports whether none is left. That is exact, because
// this process adopts every orphan below it. A tree that is read while a daemon forks may lack it: its parent has ended, and
// the list that it is in now was read before. It is called when the command has been waited for, because it would take the
// command's status.
func noneBelow() bool {
	for {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		if pid <= 0 && err != unix.EINTR {
			return err == unix.ECHILD
		}
	}
}

// lentMost is how much longer than its patience a server that ends may take on a busy machine.
const lentMost = 3 * time.Second

// endServing sends SIGTERM to the processes that serve and reports whether they ended in time. Each is sent one
// signal, because a second one makes many programs end at once. So a process with another above it that serves too is
// sent none, until that one has ended and left it. What started them is sent none either: a shell would end and pass
// nothing on.
func endServing(network string, port int, known []int, patience time.Duration) bool {
	began, deadline := time.Now(), time.Now().Add(patience)
	serves, told := map[int]bool{}, map[int]bool{}
	for _, pid := range known {
		serves[pid] = true
	}
	const often = 50 * time.Millisecond
	var looked time.Time // at who listens: that takes longer than anything else here
	for {
		living := livingOf(serves)
		if len(living) == 0 || time.Since(looked) > often {
			if now, err := look(network, port, false); err == nil {
				for _, pid := range now.owners {
					serves[pid] = true
				}
			}
			living, looked = livingOf(serves), time.Now()
		}
		if len(living) == 0 {
			return true
		}
		for _, pid := range living {
			for _, below := range proc.Tree(pid)[1:] {
				serves[below] = true
			}
		}
		for _, pid := range topmost(living) {
			if !told[pid] {
				told[pid] = true
				unix.Kill(pid, unix.SIGTERM)
			}
		}
		if now := time.Now(); now.After(deadline) {
			if now.After(began.Add(patience+lentMost)) || !anyWaits(append(living, os.Getppid())) {
				return false
			}
			deadline = now.Add(patience / 10)
		}
		time.Sleep(max(2*time.Millisecond, min(time.Since(began)/20, 50*time.Millisecond)))
	}
}

// livingOf lists those processes below this one that are in a set and run.
func livingOf(set map[int]bool) (living []int) {
	for _, pid := range proc.Tree(os.Getpid())[1:] {
		if set[pid] && alive(pid) {
			living = append(living, pid)
		}
	}
	return living
}

// anyWaits reports whether one of these processes waits for a CPU. It looks a few times, because a conversation has moments
// in which neither side has anything to do.
func anyWaits(pids []int) bool {
	for range 10 {
		if proc.Contended() && slices.ContainsFunc(pids, func(pid int) bool { return proc.WantsCPU(pid, 0) }) {
			return true
		}
		time.Sleep(2 * time.Millisecond)
	}
	return false
}

// endRest tells what is left below this process to end, and waits for that for so long.
func endRest(patience time.Duration) {
	for _, pid := range proc.Tree(os.Getpid())[1:] {
		unix.Kill(pid, unix.SIGTERM)
	}
	for deadline := time.Now().Add(patience); anyBelow() && time.Now().Before(deadline); {
		time.Sleep(2 * time.Millisecond)
	}
}

// killTree kills a process and what is below it.
func killTree(root int) {
	for _, pid := range proc.Tree(root) {
		unix.Kill(pid, unix.SIGKILL)
	}
}

// alive reports whether a process runs. One that has ended and was not waited for does not.
func alive(pid int) bool {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return false
	}
	stat, err := p.Stat()
	return err == nil && stat.State != "Z" && stat.State != "X"
}

// anyBelow reports whether a process below this one runs.
func anyBelow() bool { return slices.ContainsFunc(proc.Tree(os.Getpid())[1:], alive) }

// usedBelow is the CPU time that the processes below this one have used.
func usedBelow() (used time.Duration) {
	for _, pid := range proc.Tree(os.Getpid())[1:] {
		if cpu, err := proc.CPUTime(pid); err == nil {
			used += cpu
		}
	}
	return used
}

// topmost returns those of pids that are not below another of them.
func topmost(pids []int) (top []int) {
	below := map[int]bool{}
	for _, pid := range pids {
		for _, child := range proc.Tree(pid)[1:] {
			below[child] = true
		}
	}
	for _, pid := range pids {
		if !below[pid] {
			top = append(top, pid)
		}
	}
	return top
}

// rootOf returns the lowest process that has all of pids in its tree: what that tree uses is what serving costs. It is 0
// where only this process is above them all.
func rootOf(pids []int) (root int) {
	top := topmost(pids)
	for _, pid := range proc.Tree(os.Getpid())[1:] {
		family := proc.Tree(pid)
		if !slices.ContainsFunc(top, func(p int) bool { return !slices.Contains(family, p) }) {
			root = pid // a later one is below an earlier one
		}
	}
	return root
}

// awaitEnd waits until a process has ended; where the kernel cannot tell (before Linux 5.3), until otherwise is closed.
func awaitEnd(pid int, otherwise <-chan struct{}) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err == unix.ESRCH {
		return
	}
	if err != nil {
		<-otherwise
		return
	}
	defer unix.Close(fd)
	for {
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1); err != unix.EINTR {
			return
		}
	}
}

// statusOf says how the first of pids ended that this process has adopted; "" where none was. The command itself is
// waited for elsewhere.
func statusOf(pids []int, command int) string {
	for _, pid := range pids {
		var status unix.WaitStatus
		if pid == command {
			continue
		}
		if got, err := unix.Wait4(pid, &status, unix.WNOHANG, nil); err != nil || got != pid {
			continue
		}
		if status.Signaled() {
			return "signal: " + status.Signal().String()
		}
		return fmt.Sprintf("exit status %d", status.ExitStatus())
	}
	return ""
}

// shellStatus says how the command ended. A shell above a server that a signal ended has the status 128 plus the signal's
// number, of which the signal is named.
func shellStatus(state *os.ProcessState, itself bool) string {
	if n := state.ExitCode() - 128; !itself && n > 0 && n < 32 {
		return "signal: " + syscall.Signal(n).String()
	}
	return state.String()
}
