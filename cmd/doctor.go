package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments"
	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

func (a *app) doctor() *cobra.Command {
	var asJSON, brief, calibrate bool
	var pairs int
	c := &cobra.Command{
		Use:   "doctor",
		Short: "check whether this machine is fit to measure",
		Long: `Doctor checks whether figures from this machine describe the servers and not the machine: its CPUs, limits,
clock, timers and neighbours, and for ten seconds the difference between two equal servers. Each line says
fine, warning (you can measure, but keep it in mind) or stop, with the remedy. It exits with 1 if a line says
stop.

With --calibrate it measures pairs of equal servers as a run does, and counts the pairs for which it finds a
difference. With intervals of 95 % about one pair in twenty is expected. It exits with 1 if there are more than
4 of 30. This takes about 4 minutes.`,
		Example: "  socketbench doctor\n  socketbench doctor --brief\n  socketbench doctor --calibrate",
		Args:    arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			if calibrate {
				return a.calibrate(c.Context(), pairs)
			}
			findings := append(host.Examine(), a.refused()...)
			if !brief {
				fmt.Fprintln(a.stderr, "measuring the noise floor, about ten seconds")
				f, err := a.noise(c.Context())
				if err != nil {
					return err
				}
				findings = append(findings, f)
			}
			if asJSON {
				if err := json.NewEncoder(a.stdout).Encode(findings); err != nil {
					return err
				}
			} else if err := a.diagnosis(findings); err != nil {
				return err
			}
			for _, f := range findings {
				if f.Grade == host.Stop {
					return &doesNotHold{errors.New("this machine is not fit to measure as it is")}
				}
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&brief, "brief", false, "do not measure the noise floor")
	c.Flags().BoolVar(&calibrate, "calibrate", false, "count how often equal servers seem to differ here")
	c.Flags().IntVar(&pairs, "pairs", 30, "number of pairs of equal servers that --calibrate compares")
	c.MarkFlagsMutuallyExclusive("calibrate", "brief")
	c.MarkFlagsMutuallyExclusive("calibrate", "json")
	return c
}

// refused returns a finding for each design that does not run here. It does not affect the other designs.
func (a *app) refused() (list []host.Finding) {
	for _, e := range a.registry {
		if missing := e.Missing(); missing != "" {
			list = append(list, host.Finding{Subject: e.Name, Grade: host.Warning, Found: missing})
		}
	}
	return list
}

func (a *app) diagnosis(findings []host.Finding) error {
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	for _, f := range findings {
		fmt.Fprintf(w, "%s\t%s\t%s", f.Grade, f.Subject, f.Found)
		if f.Remedy != "" {
			fmt.Fprintf(w, ": %s", f.Remedy)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// noise measures pairs of equal servers and says by how much they differ: a run of as few blocks on this machine
// cannot detect smaller differences.
func (a *app) noise(ctx context.Context) (host.Finding, error) {
	f := host.Finding{Subject: "noise floor", Grade: host.Warning}
	entry, err := a.plainest()
	if err != nil {
		return f, err
	}
	e := spec.Experiment{
		Name: "noise", Question: "How far do two equal servers lie apart?", Servers: []string{entry.Name},
		Load: load.Options{Connections: 64, Warmup: 200 * time.Millisecond, Duration: 900 * time.Millisecond},
	}.WithDefaults()
	e.Blocks, e.MaxBlocks = 4, 4
	if _, err := host.NewPlacement(e.Placement); err != nil {
		e.Placement = host.Shared
	}
	p, err := plan.New(e, 1, a.registry)
	if err != nil {
		return f, err
	}
	scratch, err := os.MkdirTemp("", "socketbench")
	if err != nil {
		return f, fmt.Errorf("doctor: %w", err)
	}
	defer os.RemoveAll(scratch)
	var analysis verdict.Analysis
	_, err = experiments.Run(ctx, experiments.Options{Plan: p, Registry: a.registry, Dir: filepath.Join(scratch, "noise"),
		Manifest: result.Manifest{Command: []string{"socketbench", "doctor"}},
		Emit: func(e experiments.Event) {
			if v, ok := e.(experiments.Verdict); ok {
				analysis = v.Analysis
			}
		}})
	if err != nil {
		return f, err
	}
	floor, ok := analysis.Floor[metric.CPUPerRequest]
	if !ok || floor.N == 0 {
		f.Found = "could not be measured here"
		f.Remedy = "the CPU time of other processes is read on Linux only"
		return f, nil
	}
	f.Found = fmt.Sprintf("two equal servers differ by up to %.1f %% in CPU per request (%s)", 100*floor.Floor, unit.Many(floor.N, "pair"))
	switch {
	case floor.Floor < 0.05:
		f.Grade = host.Fine
	case floor.Floor < 0.30:
		f.Remedy = "finer differences need more blocks (--blocks 12) or a quieter machine"
	default:
		f.Grade = host.Stop
		f.Remedy = "find out what else uses the machine before comparing anything"
	}
	return f, nil
}

// plainest is the first design that serves any number of connections at once, on several CPUs and in one process.
func (a *app) plainest() (servers.Entry, error) {
	for _, e := range a.registry {
		if e.New != nil && e.Traits.Capacity(servers.Config{}) == 0 && e.Traits.Cores && !e.Traits.Processes {
			return e, nil
		}
	}
	return servers.Entry{}, errors.New("no design here serves any number of connections at once; socketbench list servers shows what runs here")
}
