package cmd

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/servers"
)

// rings are the system calls of io_uring, from the first to the last.
var rings = [2]uint32{unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_REGISTER}

// without runs a command line in a process to which the kernel refuses system calls, as it does in many a container.
func without(t *testing.T, calls [2]uint32, errno unix.Errno, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asMain+"=1")
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errs, time.Second
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: the filter cannot be taken off this thread, which ends with the goroutine
		if err := refuse(calls, errno); err != nil {
			started <- err
			return
		}
		started <- cmd.Start()
	}()
	require.NoError(t, <-started)
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// refuse puts a filter on the calling thread, and so on what it starts.
func refuse(calls [2]uint32, errno unix.Errno) error {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the system call
		{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: calls[0], Jf: 2},
		{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, K: calls[1], Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
}

// TestWhatTheSystemRefusesIsNotHere: every command gives the same reason, before it starts anything.
func TestWhatTheSystemRefusesIsNotHere(t *testing.T) {
	if _, err := servers.All().Lookup("uring"); err != nil {
		t.Skipf("needs io_uring: %v", err)
	}
	const forbidden = "is not available here: io_uring_setup: operation not permitted, because of a container's seccomp filter or sysctl kernel.io_uring_disabled"
	file := filepath.Join(t.TempDir(), "claim.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`name: claim
question: Is a ring faster?
servers: [goroutine, uring]
load: {connections: 2, warmup: 50ms, duration: 100ms}
blocks: 1
predict:
  - {claim: It is., metric: achieved_rate, of: {server: uring}, against: {server: goroutine}, expect: "> 1.5x"}
`), 0o600))
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"list", "servers"}, exitDone, "it " + forbidden},
		{[]string{"check", "uring"}, exitUsage, `"uring" ` + forbidden},
		{[]string{"serve", "uring", "--listen", "tcp://127.0.0.1:0"}, exitUsage, `"uring" ` + forbidden},
		{[]string{"watch", "silent", "uring"}, exitUsage, forbidden},
		{[]string{"watch", "silent", "sequential", "uring"}, exitDone, "uring: the scene was not played: it " + forbidden},
		{[]string{"run", file, "--dry-run"}, exitDone, "uring " + forbidden},
		{[]string{"run", file, "--placement", "shared", "--out", filepath.Join(t.TempDir(), "out")}, exitDone, "not askable here: It is. Not askable here: uring " + forbidden},
	} {
		code, out, errs := without(t, rings, unix.EPERM, c.args...)
		said := strings.Join(strings.Fields(out+" "+errs), " ")
		if c.args[0] == "run" {
			measured(t, code, said)
		} else {
			require.Equal(t, c.code, code, "%v: %s", c.args, said)
		}
		require.Contains(t, said, c.says, "%v", c.args)
		require.NotContains(t, said, "listening on tcp://", "%v", c.args)
		require.NotContains(t, said, "goroutine 1 [", "%v", c.args)
	}
	_, out, _ := without(t, rings, unix.ENOSYS, "list", "servers")
	require.Contains(t, out, "function not implemented: this kernel has no io_uring, which Linux 5.1 brought")
}

// TestWhereNoCPUCanBeChosen: server and generator then share all CPUs, which is said, and measured; what cannot be had is refused.
func TestWhereNoCPUCanBeChosen(t *testing.T) {
	placing := [2]uint32{unix.SYS_SCHED_SETAFFINITY, unix.SYS_SCHED_SETAFFINITY}
	const why = "(sched_setaffinity: operation not permitted, because of a container's seccomp filter)"
	file := filepath.Join(t.TempDir(), "x.yaml")
	require.NoError(t, os.WriteFile(file, []byte("name: x\nquestion: Who?\nservers: [goroutine]\nplacement: split\nblocks: 1\nload: {connections: 2, warmup: 50ms, duration: 100ms}\n"), 0o600))
	code, out, errs := without(t, placing, unix.EPERM, "run", file, "--out", filepath.Join(t.TempDir(), "out"))
	measured(t, code, errs)
	require.Contains(t, errs, `placement "split" needs CPUs to choose from `+why+": shared is used")
	require.Contains(t, out, "goroutine")
	require.NotContains(t, errs, "cannot be used")
	code, _, errs = without(t, placing, unix.EPERM, "run", file, "--placement", "same", "--out", filepath.Join(t.TempDir(), "out"))
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, `placement "same" needs CPUs to choose from `+why+`; use "shared"`)
	_, out, _ = without(t, placing, unix.EPERM, "doctor", "--brief")
	require.Contains(t, out, "processes cannot be placed on them: sched_setaffinity: operation not permitted")
}
