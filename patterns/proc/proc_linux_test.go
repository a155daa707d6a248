package proc

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func TestTreeHasChildrenOfChildren(t *testing.T) {
	cmd := exec.Command("sh", "-c", "sleep 1000 & echo $!; wait")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() {
		for _, pid := range Tree(cmd.Process.Pid) {
			unix.Kill(pid, unix.SIGKILL)
		}
		cmd.Wait()
	}()
	_, err = out.Read(make([]byte, 10)) // the second is there
	require.NoError(t, err)
	below := Tree(cmd.Process.Pid)
	require.Len(t, below, 2)
	require.Equal(t, cmd.Process.Pid, below[0])
	require.Subset(t, Tree(os.Getpid()), below)
	require.NotEmpty(t, Threads(cmd.Process.Pid))
}

func TestCPUTimeIsThatOfAProcess(t *testing.T) {
	before, err := CPUTime(os.Getpid())
	require.NoError(t, err)
	after := before
	for after-before < time.Millisecond { // reading the clock takes CPU time too
		after, err = CPUTime(os.Getpid())
		require.NoError(t, err)
	}
	cmd := exec.Command("true")
	require.NoError(t, cmd.Run())
	_, err = CPUTime(cmd.Process.Pid)
	require.ErrorContains(t, err, "CPU time of process")
}

func TestAThreadIsConfinedAlone(t *testing.T) {
	all := CPUs()
	require.NotEmpty(t, all)
	last := all[len(all)-1:]
	done := make(chan error, 1)
	var has []int
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		err := ConfineThread(last)
		if err == nil {
			has, err = CPUsOf(unix.Gettid())
		}
		done <- err
	}()
	require.NoError(t, <-done)
	require.Equal(t, last, has)
	require.NoError(t, Confine(nil), "every thread again where the process was started")
	for _, thread := range Threads(os.Getpid()) {
		if has, err := CPUsOf(thread); err == nil { // else it has ended
			require.Equal(t, all, has)
		}
	}
	require.ErrorContains(t, Confine([]int{all[len(all)-1] + 1}), "cannot be used")
	_, err := CPUsOf(1 << 30)
	require.ErrorContains(t, err, "CPUs of thread")
}

// A process that computes wants a CPU, one that sleeps does not, and where more compute than there are CPUs some wait.
func TestWhoWantsACPU(t *testing.T) {
	start := func(name string, args ...string) int {
		cmd := exec.Command(name, args...)
		require.NoError(t, cmd.Start())
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		return cmd.Process.Pid
	}
	sleeps := start("sleep", "1000")
	var computes int
	for range CPUs() {
		computes = start("sh", "-c", "while :; do :; done")
	}
	eventually := func(holds func() bool) { require.Eventually(t, holds, time.Minute, time.Millisecond) }
	eventually(func() bool { return WantsCPU(computes, 0) })
	eventually(func() bool { return !WantsCPU(sleeps, 0) })
	require.False(t, WantsCPU(computes, computes), "it has no other thread")
	eventually(Contended)
}
