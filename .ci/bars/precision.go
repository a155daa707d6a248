package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
)

// The bars of precision.
const (
	narrowEnough = 0.02                   // half-width of the interval
	soonEnough   = 90 * time.Second       // time in which the interval becomes so narrow
	blockTime    = 750 * time.Millisecond // of the three trials of a block, with starting and stopping
)

// precision measures how soon the costs of two designs are known. Its trials are short: from one process to
// the next and from one moment to the next, costs scatter as much with a window of a third of a second as
// with one of a second, so that only more trials make the interval narrower.
func (b *bars) precision() *cobra.Command {
	var pair [2]string
	var rate float64
	var seed uint64
	c := &cobra.Command{
		Use:   "precision [SERVER SERVER]",
		Short: "measure how soon the CPU per request of two designs is known within 2 %",
		Long: `Precision measures two designs at 64 connections of 64 bytes, server and generator on CPUs of their own, until
the 95 % interval of the ratio of their CPU time per request is within ±2 %. It exits with 1 if that
takes more than 90 seconds.`,
		Example: "  go run ./.ci/bars precision\n  go run ./.ci/bars precision pool epoll --rate 0",
		Args: cobra.MatchAll(cobra.MaximumNArgs(2), func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return fmt.Errorf("precision: it compares two designs; name another beside %s", args[0])
			}
			return nil
		}),
		RunE: func(c *cobra.Command, args []string) error {
			pair = [2]string{"goroutine", "epoll"}
			copy(pair[:], args)
			arrivals := "arrivals: closed"
			if rate > 0 {
				arrivals = fmt.Sprintf("arrivals: poisson, rate: %g", rate)
			}
			dir, err := os.MkdirTemp("", "socketbench-precision")
			if err != nil {
				return fmt.Errorf("precision: %w", err)
			}
			defer os.RemoveAll(dir)
			file := filepath.Join(dir, "precision.yaml")
			if err := os.WriteFile(file, fmt.Appendf(nil, `
name: precision
question: How soon is the cost of a request known?
servers: [%s, %s]
load: {connections: 64, size: 64, %s, warmup: 50ms, duration: 150ms}
blocks: 8
max_blocks: %d
`, pair[0], pair[1], arrivals, soonEnough/blockTime), 0o600); err != nil {
				return fmt.Errorf("precision: %w", err)
			}
			return b.precise(file, filepath.Join(dir, "run"), seed)
		},
	}
	c.Flags().Float64Var(&rate, "rate", 30000, "offered requests/s, less than the capacity of either design; 0: a closed loop")
	c.Flags().Uint64Var(&seed, "seed", 1, "seed of the order and the arrivals")
	return c
}

// precise runs the experiment in file into dir and prints how narrow the interval became, and how soon.
func (b *bars) precise(file, dir string, seed uint64) error {
	began := time.Now()
	told, err := b.run(dir, file, seed)
	if err != nil {
		return err
	}
	took := time.Since(began)
	for _, f := range told.Families {
		if f.Metric != told.Experiment.Primary {
			continue
		}
		c := f.Comparisons[0]
		half := (c.High - c.Low) / 2 / c.Ratio
		fmt.Fprintf(b.stdout, "%s against %s: %s %.3fx, 95 %% interval ±%.2f %%, after %d blocks and %v: %s\n",
			c.Server, f.Baseline, f.Metric, c.Ratio, 100*half, told.Manifest.Blocks, took.Round(time.Second), c.Word.Spoken(f.Metric))
		if half > narrowEnough || took > soonEnough {
			return fmt.Errorf("precision: wanted ±%.0f %% within %v", 100*narrowEnough, soonEnough)
		}
		return nil
	}
	return fmt.Errorf("precision: %s cannot be measured here (socketbench doctor)", told.Experiment.Primary)
}
