package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"socketbench/experiments/catalog"
	"socketbench/experiments/findings"
	"socketbench/experiments/report"
	"socketbench/experiments/spec"
	"socketbench/servers"
)

// findings keeps summaries of runs, and writes what they say into FINDINGS.md and README.md.
func (b *bars) findings() *cobra.Command {
	c := &cobra.Command{
		Use:   "findings",
		Short: "keep summaries of runs, and write FINDINGS.md and the measured parts of README.md from them",
		Long: `Findings keeps summaries of runs of the built-in experiments, and writes the pages that are made from them. To make
all of them again, run this for each class of machine, on a machine that does nothing else:

  socketbench run all --out results/plain
  socketbench run latency --out results/plain-designs --blocks 6 \
    --servers ` + strings.Join(streams(), ",") + `
  go run ./.ci/bars findings keep plain results/plain --about '2 virtual CPUs (AMD EPYC), an idle host'
  go run ./.ci/bars findings keep plain results/plain-designs --short

and then, once:

  go run ./.ci/bars findings check     # lists verdicts that turned without a reason in experiments/findings/why.yaml
  go run ./.ci/bars findings write

The second run is for README's table of designs. A class such as slow-calls is a machine on which every system call
takes longer. Run the commands from the root of the repository.`,
	}
	var what string
	var short bool
	keep := &cobra.Command{
		Use:   "keep CLASS RESULTS...",
		Short: "keep a summary of the newest run of each experiment in RESULTS",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			for _, dir := range args[1:] {
				if err := b.keep(args[0], what, dir, short); err != nil {
					return err
				}
			}
			return nil
		},
	}
	keep.Flags().StringVar(&what, "about", "", "description of the machines of this class; needed for a new class")
	keep.Flags().BoolVar(&short, "short", false, "also keep runs of fewer blocks than the experiment asks for")
	write := &cobra.Command{
		Use:   "write",
		Short: "write FINDINGS.md and the measured parts of README.md",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return findings.Write(".", b.registry) },
	}
	check := &cobra.Command{
		Use:   "check",
		Short: "list the sentences, verdicts and pages that contradict the kept summaries",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			problems, err := findings.Check(".", b.registry)
			if err != nil {
				return err
			}
			for _, p := range problems {
				fmt.Fprintln(b.stdout, p)
			}
			if len(problems) > 0 {
				return fmt.Errorf("findings: %d sentences, verdicts or pages contradict what was measured", len(problems))
			}
			return nil
		},
	}
	c.AddCommand(keep, write, check)
	return c
}

// streams are the designs of this repository that serve streams.
func streams() (names []string) {
	for _, e := range servers.All() {
		if e.Streams() {
			names = append(names, e.Name)
		}
	}
	return names
}

// keep keeps the newest finished run of each experiment in dir, which may be the directory of one run.
func (b *bars) keep(class, what, dir string, short bool) error {
	x := report.Index{Runs: []report.Past{report.NewPast(dir)}}
	if !report.IsRun(dir) {
		var err error
		if x, err = report.List(dir); err != nil {
			return err
		}
	}
	also, err := findings.Wanted(".")
	if err != nil {
		return err
	}
	var seen []string
	for _, past := range x.Runs {
		if past.Missing || slices.Contains(seen, past.Name) {
			continue
		}
		if why := unfit(past, short); why != nil {
			fmt.Fprintf(b.stderr, "%s is left out: %v\n", past.Dir, why)
			continue
		}
		seen = append(seen, past.Name)
		if e, err := catalog.Get(past.Name, nil); err == nil {
			for _, d := range spec.Differing(past.Analysis.Experiment, e) {
				fmt.Fprintf(b.stderr, "%s: %s is %s, and %s in the catalogue\n", past.Dir, d.Field, d.First, d.Second)
			}
		}
		file, err := findings.Keep(filepath.Join("experiments", "findings"), class, what, findings.New(past.Run, past.Analysis, also[past.Name]))
		if err != nil {
			return err
		}
		size := int64(0)
		if info, err := os.Stat(file); err == nil {
			size = info.Size()
		}
		fmt.Fprintf(b.stdout, "%s, %d kB\n", file, (size+999)/1000)
	}
	return nil
}

// unfit says why a run cannot be kept as a finding.
func unfit(past report.Past, short bool) error {
	if past.Err != nil {
		return past.Err
	}
	if !past.Finished() {
		return errors.New("it did not end")
	}
	e, err := catalog.Get(past.Name, nil)
	if err != nil {
		return err
	}
	if past.Run.Manifest.Blocks < e.Blocks && !short {
		return fmt.Errorf("it has %d blocks, and the experiment asks for %d; --short keeps it anyway", past.Run.Manifest.Blocks, e.Blocks)
	}
	return nil
}
