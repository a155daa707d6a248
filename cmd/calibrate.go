package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"socketbench/experiments"
	"socketbench/experiments/plan"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// calibrate measures equal servers as if they were different. Their only difference is a time that no
// trial reaches, so that whatever is told apart is told apart wrongly.
func (a *app) calibrate() *cobra.Command {
	var pairs, blocks int
	var duration, server string
	var seed uint64
	c := &cobra.Command{
		Use:   "calibrate",
		Short: "compare what is equal, and count how often it is told apart",
		Long: `Calibrate measures how far figures and words from this machine can be trusted. By itself it runs pairs of equal servers through everything a run does, and counts the pairs whose 95 %
interval leaves out that they are equal: about one in twenty, and no more than 4 of 30. It takes about
4 minutes. The same is simulated, 10,000 times, by go test ./experiments/stats ./experiments/verdict.`,
		Example: "  socketbench calibrate",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if pairs < 1 || pairs > 100 || blocks < 2 {
				return fmt.Errorf("calibrate: %d pairs of %d blocks are not possible; choose 1 to 100 pairs and at least 2 blocks", pairs, blocks)
			}
			times := make([]string, 2*pairs)
			for i := range times {
				times[i] = fmt.Sprintf("%dms", 30000+i)
			}
			e, err := spec.Parse("calibrate", fmt.Appendf(nil, `
name: calibrate
question: How often are equal servers told apart?
servers: [%s]
vary: {config.drain_timeout: [%s]}
load: {connections: 16, arrivals: closed, think: 500us, warmup: 100ms, duration: %s}
blocks: %d
`, server, strings.Join(times, ", "), duration, blocks), a.registry)
			if err != nil {
				return err
			}
			p, err := plan.New(e, seed, a.registry)
			if err != nil {
				return err
			}
			return a.calibrated(c.Context(), p)
		},
	}
	c.Flags().IntVar(&pairs, "pairs", 30, "how many pairs")
	c.Flags().IntVar(&blocks, "blocks", 8, "how often each server is measured")
	c.Flags().StringVar(&duration, "duration", "200ms", "of each measured window")
	c.Flags().StringVar(&server, "server", "goroutine", "the design")
	c.Flags().Uint64Var(&seed, "seed", 1, "of order and arrivals")
	c.AddCommand(a.precision(), a.agreement())
	return c
}

func (a *app) calibrated(ctx context.Context, p plan.Plan) error {
	dir, err := os.MkdirTemp("", "socketbench-calibrate")
	if err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	defer os.RemoveAll(dir)
	told, err := a.watched(ctx, experiments.Options{Plan: p, Dir: filepath.Join(dir, "run")})
	if err != nil {
		return err
	}
	run := told.Run
	tooMany := false
	for _, metric := range []string{"cpu_per_request", "latency.p50", "latency.p99"} {
		list, err := verdict.Pairs(run, metric, a.registry)
		if err != nil {
			return fmt.Errorf("calibrate: %w", err)
		}
		differ, width := 0, 0.0
		for _, c := range list {
			if c.Word != verdict.Tie {
				differ++
			}
			width += (c.High - c.Low) / 2
		}
		// 4 of 30, and as many of any other number, rounded.
		tooMany = tooMany || differ > (4*len(list)+15)/30
		fmt.Fprintf(a.stdout, "%s: %d of %d pairs of equal servers are told apart; intervals of ±%.1f %% on average\n",
			metric, differ, len(list), 100*width/float64(len(list)))
	}
	if tooMany {
		return &doesNotHold{fmt.Errorf("calibrate: intervals are too narrow on this machine: equal servers are told apart too often")}
	}
	return nil
}
