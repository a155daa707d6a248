// Bars measures whether the project meets its own bars: server CPU per request compared with programs in C, memory
// of an idle connection, more connections than one process may hold, how soon the cost of a request is known,
// whether two runs agree, whether a generator that was stopped says so, and how long a build takes. It also keeps
// summaries of runs, and writes FINDINGS.md and the measured parts of README.md from them. It is for the maintainers of
// this repository and needs Linux with two CPUs:
//
//	go run ./.ci/bars peers --dir DIR      # DIR has the programs rr, epoll and uring
//	go run ./.ci/bars agreement latency
//	go run ./.ci/bars findings write
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"socketbench/cmd"
	"socketbench/experiments"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/patterns/child"
	"socketbench/patterns/prefork"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

// errMissed is returned when a bar was missed; its line has already been printed.
var errMissed = errors.New("a bar was missed")

// bars is the state that the commands share.
type bars struct {
	stdout, stderr io.Writer
	registry       servers.Registry
}

func main() {
	prefork.Child(servers.PreforkChild)
	b := &bars{os.Stdout, os.Stderr, slices.Concat(servers.All(), foreign.Entries())}
	experiments.Become(b.registry) // this program starts itself as the servers and the generator of its runs
	child.Become(holder, holding)
	root := &cobra.Command{Use: "bars", Short: "measure whether the project meets its own bars", SilenceUsage: true}
	root.AddCommand(b.peers(), b.memory(), b.crowds(), b.precision(), b.agreement(), b.pauses(), b.build(), b.findings(),
		b.socketbench())
	if root.Execute() != nil {
		os.Exit(1)
	}
}

// run runs an experiment into dir, or finishes the run that dir holds a part of, and judges it.
func (b *bars) run(dir, experiment string, seed uint64) (verdict.Analysis, error) {
	args := []string{"run", experiment, "--seed", fmt.Sprint(seed), "--out", dir}
	if before, err := result.Load(dir); err == nil {
		if !before.Manifest.Finished.IsZero() {
			return b.judged(dir)
		}
		args = []string{"run", "--resume", dir}
	}
	if code := cmd.Main(args, os.Stdin, io.Discard, b.stderr); code > 1 {
		return verdict.Analysis{}, fmt.Errorf("run %s: exit code %d", experiment, code)
	}
	return b.judged(dir)
}

// judged judges the run in dir.
func (b *bars) judged(dir string) (verdict.Analysis, error) {
	run, err := result.Load(dir)
	if err != nil {
		return verdict.Analysis{}, err
	}
	return verdict.Judge(run)
}
