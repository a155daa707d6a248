// Bars measures what the project holds itself to: server CPU per request beside programs in C, memory of an idle
// connection, crowds beyond one process, how soon a cost is known, and whether two runs agree. It is for those who
// keep this repository, on Linux with two CPUs:
//
//	go run ./.ci/bars peers --dir DIR      # DIR has the programs rr, epoll and uring
//	go run ./.ci/bars agreement latency
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
	"socketbench/experiments/host"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/patterns/prefork"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

// errMissed is that of a bar whose line has been printed.
var errMissed = errors.New("a bar was missed")

// bars is what the commands share.
type bars struct {
	stdout, stderr io.Writer
	registry       servers.Registry
}

func main() {
	prefork.Child(servers.PreforkChild)
	// This program is also the child and the generator of its own runs.
	if len(os.Args) > 1 && slices.Contains([]string{host.ChildCommand, host.SuperviseCommand, experiments.GenerateCommand}, os.Args[1]) {
		os.Exit(cmd.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	b := &bars{os.Stdout, os.Stderr, slices.Concat(servers.All(), foreign.Entries())}
	root := &cobra.Command{Use: "bars", Short: "what the project holds itself to", SilenceUsage: true}
	root.AddCommand(b.peers(), b.memory(), b.crowds(), b.precision(), b.agreement(), b.readme())
	if root.Execute() != nil {
		os.Exit(1)
	}
}

// run carries an experiment out into dir, or the rest of it where a part is there, and judges it.
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
	return verdict.Judge(run, b.registry)
}
