package cmd

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/patterns/prefork"
	"socketbench/servers"
)

// TestMain makes the test binary the real one where a command that is tested starts it as a child.
func TestMain(m *testing.M) {
	prefork.Child(servers.PreforkChild)
	if text := os.Getenv(asNode); text != "" {
		fmt.Fprintln(os.Stderr, runNode(text))
		os.Exit(1)
	}
	own := []string{host.ChildCommand, host.SuperviseCommand, load.Command, "serve"}
	if len(os.Args) > 1 && slices.Contains(own, os.Args[1]) || os.Getenv(asMain) != "" {
		var said io.Writer = os.Stderr
		if text := os.Getenv(killedAt); text != "" {
			said = &lastWords{left: strings.Split(text, "|")}
		}
		var extra []servers.Entry
		if len(os.Args) > 1 && os.Args[1] == host.ChildCommand {
			extra = plantedEntries()
		}
		os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, said, extra...))
	}
	flag.Set("test.parallel", "4") // what is tested runs in processes of its own, and waits most of the time
	remove := quickPython()
	code := m.Run()
	remove()
	os.Exit(code)
}

// asMain is the environment variable that makes this binary the command itself, for a test that needs it in a process
// of its own.
const asMain = "SOCKETBENCH_TEST_MAIN"

// killedAt is the environment variable that makes such a process kill itself as soon as its stderr has said these texts, in
// this order, with | between them. A test that kills it after it has read them is late on a busy machine.
const killedAt = "SOCKETBENCH_TEST_KILLED_AT"

// lastWords is a stderr that kills its process.
type lastWords struct{ left []string }

func (l *lastWords) Write(text []byte) (int, error) {
	n, err := os.Stderr.Write(text)
	if strings.Contains(string(text), l.left[0]) {
		if l.left = l.left[1:]; len(l.left) == 0 {
			p, _ := os.FindProcess(os.Getpid())
			_ = p.Kill()
			select {}
		}
	}
	return n, err
}

// measured requires that a run ended well, as far as the machine let it: on busy CPUs trials of a server may all be invalid.
func measured(t *testing.T, code int, said string) {
	t.Helper()
	require.True(t, code == exitDone || code == exitNo && strings.Contains(said, "none of its trials can be used"), said)
}

// command runs a command line and returns what it printed.
func command(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = Main(args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

// underRaceDetector reports whether the detector watches this process. It sees nothing of other ones, so that a test which has
// its work done there has nothing to tell it.
func underRaceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
