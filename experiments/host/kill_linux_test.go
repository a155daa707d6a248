package host

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/patterns/child"
	"socketbench/patterns/proc"
	"socketbench/servers"
)

// escaping starts a server whose processes do what they can to survive: one in a shell, one in the
// background, one in a session of its own that its parent has left.
const escaping = `sleep 1000 & setsid sleep 1000 & python3 -c '
import os, socket, time
s = socket.create_server(("127.0.0.1", {port}))
if os.fork() == 0:
    os.setsid()
    if os.fork() > 0:
        os._exit(0)
    time.sleep(1000)
time.sleep(1000)
'`

// A parent that is killed with no chance to clean up leaves nothing: not the servers, not what they
// started, not what tried to get away.
func TestKilledParentLeavesNothing(t *testing.T) {
	names := []string{"goroutine", escaping}
	for _, e := range servers.All() {
		if e.Traits.Processes && e.Available() {
			names = append(names, e.Name)
		}
	}
	parent, err := child.Start(child.Options{Verb: "parent"})
	require.NoError(t, err)
	defer time.AfterFunc(watchdog, func() { parent.End(0) }).Stop()
	require.NoError(t, parent.Send(names))
	for _, name := range names {
		var pid int
		require.NoError(t, parent.Receive(&pid), name)
	}
	family := proc.Tree(parent.PID)
	// The parent, two children, the supervisor's shell, and what it started.
	require.GreaterOrEqual(t, len(family), 7, commands(family))
	starts := identities(family)
	require.NoError(t, unix.Kill(parent.PID, unix.SIGKILL))
	<-parent.Ended
	for pid, start := range starts {
		waitGone(t, pid, start)
	}
}

// identities tells processes apart from later ones with the same number, by when they started.
func identities(pids []int) map[int]uint64 {
	starts := map[int]uint64{}
	for _, pid := range pids {
		if p, err := procfs.NewProc(pid); err == nil {
			if stat, err := p.Stat(); err == nil {
				starts[pid] = stat.Starttime
			}
		}
	}
	return starts
}

func waitGone(t *testing.T, pid int, start uint64) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return // gone
	}
	defer unix.Close(fd)
	if now := identities([]int{pid}); now[pid] != start {
		return // another one
	}
	events := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(events, 20_000)
	require.NoError(t, err)
	require.Equal(t, 1, n, "process %d outlived its parent: %s", pid, commands([]int{pid}))
}

func commands(pids []int) string {
	var all []string
	for _, pid := range pids {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		all = append(all, strconv.Itoa(pid)+" "+strings.ReplaceAll(string(b), "\x00", " "))
	}
	return strings.Join(all, "\n")
}

// Ready is when somebody listens, found without a connection that would use up a server for one client.
func TestForeignServerForOneClient(t *testing.T) {
	s := start(t, Options{Job: Job{Server: `python3 -c '
import socket
c, _ = socket.create_server(("127.0.0.1", {port})).accept()
c.sendall(c.recv(100).upper())
c.close()
'`}})
	require.True(t, s.Foreign)
	require.Equal(t, "HELLO", ask(t, s.Address, "hello"))
	_, ok, err := s.Snapshot(t.Context())
	require.NoError(t, err)
	require.False(t, ok)
	<-s.Died()
	require.Empty(t, s.End().Exit)
}

func TestForeignServerThatDiesSaysHow(t *testing.T) {
	s := start(t, Options{Job: Job{Server: `python3 -c '
import socket, sys
socket.create_server(("127.0.0.1", {port})).accept()
sys.exit("no more")
'`}})
	network, where, _ := strings.Cut(s.Address, "://")
	conn, err := net.Dial(network, where)
	require.NoError(t, err)
	defer conn.Close()
	<-s.Died()
	e := s.End()
	require.Equal(t, "exit status 1", e.Exit)
	require.Contains(t, e.Stderr, "no more")
}

func TestForeignServerThatNeverListens(t *testing.T) {
	_, err := new(Launcher).Serve(t.Context(), Options{Job: Job{Server: "echo no such thing as {port} >&2; exit 3"}})
	var failed *StartError
	require.ErrorAs(t, err, &failed)
	require.Contains(t, failed.Reason.Error(), "exit status 3")
	require.Contains(t, failed.Stderr, "no such thing as")
}

// What a foreign server leaves behind when it is told to end is ended with it.
func TestForeignServerIsEndedWhole(t *testing.T) {
	s := start(t, Options{Job: Job{Server: escaping}})
	starts := identities(proc.Tree(s.process.PID))
	require.GreaterOrEqual(t, len(starts), 4)
	_, err := s.Drain(t.Context(), 10*time.Second)
	require.NoError(t, err)
	s.End()
	for pid, start := range starts {
		waitGone(t, pid, start)
	}
}

func TestChildRunsWhereItIsPlaced(t *testing.T) {
	all := ReadFacts().CPUs
	last := all[len(all)-1]
	s := start(t, Options{Job: Job{Server: "goroutine"}, CPUs: []int{last}})
	threads, err := procfs.AllThreads(s.PID)
	require.NoError(t, err)
	require.NotEmpty(t, threads)
	for _, th := range threads {
		status, err := th.NewStatus()
		require.NoError(t, err)
		require.Equal(t, []uint64{uint64(last)}, status.CpusAllowedList)
	}
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", s.PID))
	require.NoError(t, err)
	require.Contains(t, string(env), "GOMAXPROCS=1\x00")
	s.End()
}

func TestUsageIsThatOfTheWholeTree(t *testing.T) {
	s := start(t, Options{Job: Job{Server: `python3 -c '
import os, socket, time
s = socket.create_server(("127.0.0.1", {port}))
end = time.time() + 20 # nobody computes for ever, whatever becomes of the test
if os.fork() == 0:
    while time.time() < end: pass
held = []
while True: held.append(s.accept()) # the client that looks whether it is ready keeps a connection, and the parent goes on
'`}})
	before, err := ReadUsage(s.PID)
	require.NoError(t, err)
	// The child burns CPU; waiting for its clock bounds the loop by work done, not by time passed.
	after := before
	for range 100_000 {
		after, err = ReadUsage(s.PID)
		require.NoError(t, err)
		if after.Since(before).CPU > 50*time.Millisecond {
			break
		}
	}
	used := after.Since(before)
	require.Greater(t, used.CPU, 50*time.Millisecond)
	require.GreaterOrEqual(t, after.Processes, 2, commands(after.PIDs))
	require.Positive(t, after.RSS)
	require.GreaterOrEqual(t, after.Peak, after.RSS/2)
	s.End()
	_, err = ReadUsage(s.PID)
	require.Error(t, err)
}

func TestMachineIsRead(t *testing.T) {
	a, err := ReadMachine()
	require.NoError(t, err)
	require.NotEmpty(t, a.CPUs)
	require.Positive(t, a.Total)
	require.Zero(t, a.StealSince(a))
}
