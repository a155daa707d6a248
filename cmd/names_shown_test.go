package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments"
	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
)

// A name that somebody gave a server commands no terminal, whatever a run says of it before its report.
func TestNamesOfServersCommandNoTerminal(t *testing.T) {
	name := "exit 3 # {port} \x1b[31m\u202e"
	e := experiments.Planned{Dir: "out\x1b", Plan: plan.Plan{Experiment: spec.Experiment{Name: "x", Servers: []string{name}}}}
	cell := result.Cell{"server": name}
	var out bytes.Buffer
	d := &plainRun{w: &out}
	for _, event := range []experiments.Event{e,
		experiments.Found{Capacity: result.Capacity{Cell: cell, Rate: 1000}},
		experiments.Finished{Started: experiments.Started{Cell: plan.Cell{ID: cell}}, Result: result.Trial{Reasons: reason.List{{Text: name}}}},
		experiments.Ended{Complete: true, Measured: 1, Decision: "the widest interval is that of " + name},
	} {
		d.event(event)
	}
	require.NotRegexp(t, "[\x1b\u202e]", out.String())
	require.GreaterOrEqual(t, strings.Count(out.String(), `\x1b[31m\u202e`), 4)
	var page bytes.Buffer
	live := &liveRun{w: &page, width: func() int { return 400 }}
	for _, event := range []experiments.Event{e, experiments.Ended{Complete: true, Measured: 1, Decision: name}} {
		live.event(event)
	}
	require.NotContains(t, page.String(), "\u202e")
	require.NotContains(t, page.String(), "\x1b[31m\u202e")

	file := filepath.Join(t.TempDir(), "x.yaml")
	require.NoError(t, os.WriteFile(file, []byte("name: x\nquestion: \"Who? \\e[31m\"\nservers: [goroutine, \"exit 3 # {port} \\e[31m\"]\n"+
		"config: {wait: 1ms}\nload: {connections: 2, warmup: 10ms, duration: 50ms}\nplacement: shared\n"), 0o600))
	code, stdout, stderr := command("run", file, "--dry-run")
	require.Equal(t, exitDone, code, stderr)
	require.NotContains(t, stdout+stderr, "\x1b")
	require.Contains(t, stdout, `Who? \x1b[31m`)
	require.Contains(t, stdout, `exit 3 # {port} \x1b[31m is not askable here`)
}

// What is cut off does not leave half a letter.
func TestLastLinesBeginWithAWholeLetter(t *testing.T) {
	require.Equal(t, "务", lastLines("服务\n", 4))
	require.Equal(t, "服务", lastLines("服务", 6))
	require.Equal(t, "\xbf\xbf\xbf\xbf\xbf", lastLines("abc\xbf\xbf\xbf\xbf\xbf", 5), "what is no text is left as it is")
}
