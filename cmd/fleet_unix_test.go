//go:build unix

package cmd

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
)

// agentProcess starts an agent in a process of its own, which is told to end with the test.
func agentProcess(t *testing.T, args ...string) *printed {
	self, err := os.Executable()
	require.NoError(t, err)
	said := new(printed)
	cmd := exec.Command(self, append([]string{"agent"}, args...)...)
	cmd.Env, cmd.Stderr = append(os.Environ(), asMain+"=1"), said
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		late := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
		defer late.Stop()
		cmd.Process.Signal(syscall.SIGTERM)
		require.NoError(t, cmd.Wait(), said.String())
	})
	return said
}

// keys makes the keys of a fleet and returns the two files.
func keys(t *testing.T) (key, join string) {
	dir := t.TempDir()
	code, said, errs := command("fleet", "new", freeAddress(t), "--dir", dir)
	require.Equal(t, exitDone, code, errs)
	require.Contains(t, said, "stays here and gives orders")
	return filepath.Join(dir, "fleet.key"), filepath.Join(dir, "fleet.join")
}

// The commands of the documentation, on one machine: an agent that serves and two that load.
func TestARunOverAgents(t *testing.T) {
	key, join := keys(t)
	server := agentProcess(t, join, "--serve", "--name", "server")
	one := agentProcess(t, join, "--load", "--shared", "--name", "one")
	agentProcess(t, join, "--load", "--shared", "--name", "two")
	dir := filepath.Join(t.TempDir(), "results")
	listed := listing(t)
	code, said, errs := command("run", "head-of-line", "goroutine", "--blocks", "1", "--duration", "200ms", "--seed", "4",
		"--set", "load.mute=1", "--fleet", key, "--serve-on", "server", "--load-on", "2", "--out", dir)
	measured(t, code, said+errs)
	r, err := result.Load(dir)
	require.NoError(t, err)
	require.NotEmpty(t, r.Trials)
	require.Equal(t, "apart", r.Manifest.Placement)
	require.Equal(t, []string{"server", "one", "two"}, []string{r.Manifest.Agents[0].Name, r.Manifest.Agents[1].Name, r.Manifest.Agents[2].Name})
	require.Positive(t, r.Manifest.Agents[1].RoundTrip)
	require.Contains(t, server.String(), `serve server "goroutine"`)
	require.Contains(t, one.String(), "prepare tcp://127.0.0.1:")

	for _, secret := range secrets(t, key, join) {
		for _, where := range []string{server.String(), one.String(), said, errs, everything(t, dir), listed()} {
			require.NotContains(t, where, secret)
		}
	}

	code, _, errs = command("run", "--resume", dir)
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "over several machines; continue it there: socketbench run --resume "+dir+" --fleet FILE --serve-on server --load-on one,two")
}

// secrets are what the files of a fleet hold and nobody else may: the seeds of its keys, and each line of the private key of
// its certificate.
func secrets(t *testing.T, files ...string) (list []string) {
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		var key map[string]string
		require.NoError(t, json.Unmarshal(text, &key))
		for _, value := range key {
			switch {
			case strings.HasPrefix(value, "SU"):
				list = append(list, value)
			case strings.Contains(value, "PRIVATE KEY"):
				lines := strings.Split(strings.TrimSpace(value), "\n")
				list = append(list, lines[1:len(lines)-1]...)
			}
		}
	}
	require.Greater(t, len(list), 3)
	return list
}

// listing lists the command lines of all processes over and over, until the function that it returns is called, which returns
// them all.
func listing(t *testing.T) func() string {
	var all strings.Builder
	over, listed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(listed)
		for {
			select {
			case <-over:
				return
			case <-t.Context().Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
			text, err := exec.Command("ps", "-A", "-ww", "-o", "args=").Output()
			assert.NoError(t, err)
			all.Write(text)
		}
	}()
	return sync.OnceValue(func() string {
		close(over)
		<-listed
		require.Contains(t, all.String(), "agent", "the agents were listed")
		return all.String()
	})
}

// everything is the text of all files below a directory.
func everything(t *testing.T, dir string) string {
	var all strings.Builder
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	}))
	return all.String()
}

// What cannot be is one line with its remedy, and leaves nothing behind.
func TestFleetsRefuse(t *testing.T) {
	key, join := keys(t)
	dir := t.TempDir()
	open := filepath.Join(dir, "open.key")
	text, err := os.ReadFile(key)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(open, text, 0o644))
	broken := filepath.Join(dir, "broken.key")
	require.NoError(t, os.WriteFile(broken, []byte("{"), 0o600))
	out := filepath.Join(dir, "results")
	for want, args := range map[string][]string{
		"--serve-on and --load-on need --fleet":      {"run", "quick", "--serve-on", "server"},
		"--fleet needs --serve-on NAME":              {"run", "quick", "--fleet", key},
		"chmod 600":                                  {"run", "quick", "--fleet", open, "--serve-on", "server"},
		"is not a coordinator's key file":            {"run", "quick", "--fleet", join, "--serve-on", "server"},
		"at least one agent must load":               {"run", "quick", "--fleet", key, "--serve-on", "server", "--load-on", "0"},
		"each once, separated by commas":             {"run", "quick", "--fleet", key, "--serve-on", "server", "--load-on", "a,a"},
		"there is no file":                           {"agent", filepath.Join(dir, "none"), "--load"},
		"writes fleet.key, which gives orders":       {"run", "quick", "--fleet", filepath.Join(dir, "none"), "--serve-on", "server"},
		"`socketbench fleet new ADDRESS` writes one": {"run", "quick", "--fleet", broken, "--serve-on", "server"},
		"its directory does not exist":               {"fleet", "new", "127.0.0.1:7422", "--dir", filepath.Join(dir, "none")},
		"is not an agent's file":                     {"agent", key, "--load"},
		"say what it may do":                         {"agent", join},
		"names are not looked up":                    {"agent", join, "--load", "--allow", "server"},
		"is not a literal address":                   {"agent", join, "--serve", "--listen", "server"},
		"is not a name for an agent":                 {"agent", join, "--serve", "--name", "a.b"},
		"exists already":                             {"fleet", "new", "127.0.0.1:7422", "--dir", filepath.Dir(key)},
		"needs the agents of other machines":         {"run", "quick", "--placement", "apart"},
		"about unix sockets":                         {"run", "transports", "--fleet", key, "--serve-on", "server"},
		"puts server and load on one machine":        {"run", "quick", "--placement", "same", "--fleet", key, "--serve-on", "server"},
		"are for NATS servers of your own":           {"fleet", "new", "127.0.0.1:7422", "--creds", key, "--dir", dir},
		"orders could be changed on their way":       {"fleet", "new", "nats://10.0.0.1:4222", "--dir", dir},
		"begin with tls://":                          {"fleet", "new", "http://10.0.0.1:4222", "--dir", dir},
		"needs --listen with the address":            {"fleet", "new", "loader:7422", "--dir", dir},
	} {
		if args[0] == "run" {
			args = append(args, "--out", out)
		}
		code, said, errs := command(args...)
		require.Equal(t, exitUsage, code, "%v: %s", args, errs)
		require.Empty(t, said, "%v", args)
		require.Contains(t, errs, want)
		require.Equal(t, 1, strings.Count(errs, "\n"), errs)
		require.NoDirExists(t, out)
	}
}
