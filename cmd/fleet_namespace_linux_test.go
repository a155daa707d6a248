package cmd

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
)

// insideNamespace is the environment variable of a test that runs in a network namespace of its own.
const insideNamespace = "SOCKETBENCH_TEST_NAMESPACE"

// Two machines are two network namespaces that a link joins, each with its own addresses and ports. The test runs itself
// again in the first one, which nothing else of this machine can reach.
func TestTwoMachines(t *testing.T) {
	if os.Getenv(insideNamespace) != "" {
		twoMachines(t)
		return
	}
	for _, program := range []string{"ip", "nsenter", "unshare"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("needs %s (Debian: iproute2, util-linux); the same commands are tested over the loopback device", program)
		}
	}
	said := inNamespace(t, "-test.run", "^TestTwoMachines$", "-test.v")
	require.Contains(t, said, "--- PASS: TestTwoMachines")
}

// inNamespace runs this program again with the arguments, in a network namespace of its own, and returns what it said.
func inNamespace(t testing.TB, args ...string) string {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), insideNamespace+"=1")
	own := []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	groups := []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET, UidMappings: own, GidMappings: groups}
	said, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Skipf("needs unprivileged user namespaces (%v); the same commands are tested over the loopback device", err)
	}
	require.NoError(t, err, string(said))
	return string(said)
}

const (
	loaderAddress = "10.77.0.1"
	serverAddress = "10.77.0.9"
)

// twoMachines is the test in the namespace of the machine that loads: the commands of the documentation.
func twoMachines(t *testing.T) {
	network(t, "ip", "link", "set", "lo", "up")
	dir := t.TempDir()
	code, _, errs := command("fleet", "new", loaderAddress+":7422", "--dir", dir)
	require.Equal(t, exitDone, code, errs)
	key, join := filepath.Join(dir, "fleet.key"), filepath.Join(dir, "fleet.join")

	serverMachine(t, join)
	loader := agentProcess(t, join, "--load", "--shared", "--name", "loader", "--allow", serverAddress)
	results := filepath.Join(dir, "results")
	code, text, errs := command("run", "head-of-line", "goroutine", "--blocks", "1", "--duration", "200ms", "--seed", "4", "--set", "load.mute=1",
		"--fleet", key, "--serve-on", "server", "--load-on", "loader", "--out", results)
	measured(t, code, text+errs)
	r, err := result.Load(results)
	require.NoError(t, err)
	require.NotEmpty(t, r.Trials)
	for _, trial := range r.Trials {
		require.Positive(t, trial.Metrics["served"], "%v %s", trial.Reasons, loader)
		require.Positive(t, trial.Metrics["server_cpu"], "it is read where the server is")
		require.InDelta(t, float64(24*time.Hour), trial.Raw["clock_ahead_ns.server"], float64(time.Second))
		require.Positive(t, trial.Raw["segments_sent.loader"])
		require.Contains(t, trial.Raw, "segments_resent.server")
	}
	require.Contains(t, loader.String(), "prepare tcp://"+serverAddress+":")
	require.Contains(t, text, "load from 1 other machine")

	// An agent that may not load that address says so, and nothing is measured.
	agentProcess(t, join, "--load", "--name", "careful")
	refused := filepath.Join(dir, "refused")
	code, text, errs = command("run", "head-of-line", "goroutine", "--blocks", "1", "--duration", "200ms",
		"--fleet", key, "--serve-on", "server", "--load-on", "careful", "--out", refused)
	require.Equal(t, exitUsage, code)
	require.Empty(t, text)
	require.Contains(t, errs, "agent careful: this agent may not load "+serverAddress)
	require.NoDirExists(t, refused)
}

// network configures a network.
func network(t testing.TB, args ...string) {
	said, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	require.NoError(t, err, "%v: %s", args, said)
}

// serverMachine is the second machine, with an agent that serves and a monotonic clock that is a day ahead. Its namespace is made
// with its first process, which becomes the agent once the link is there. It returns the command line that runs a program there.
func serverMachine(t testing.TB, join string) (inside []string) {
	self, err := os.Executable()
	require.NoError(t, err)
	server := exec.Command("sh", "-c", `echo ready; read go; exec unshare --time --monotonic 86400 "$@"`, "sh", self, "agent", join, "--serve", "--name", "server")
	server.Env = append(os.Environ(), asMain+"=1")
	server.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	said := new(printed)
	server.Stderr = said
	begin, err := server.StdinPipe()
	require.NoError(t, err)
	out, err := server.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		late := time.AfterFunc(30*time.Second, func() { server.Process.Kill() })
		defer late.Stop()
		server.Process.Signal(syscall.SIGTERM)
		require.NoError(t, server.Wait(), said.String())
	})
	_, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	pid := fmt.Sprint(server.Process.Pid)
	network(t, "ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns", pid)
	network(t, "ip", "address", "add", loaderAddress+"/24", "dev", "here")
	network(t, "ip", "link", "set", "here", "up")
	inside = []string{"nsenter", "--net=/proc/" + pid + "/ns/net"}
	for _, args := range [][]string{{"link", "set", "lo", "up"}, {"address", "add", serverAddress + "/24", "dev", "there"}, {"link", "set", "there", "up"}} {
		network(t, slices.Concat(inside, []string{"ip"}, args)...)
	}
	_, err = fmt.Fprintln(begin)
	require.NoError(t, err)
	return inside
}
