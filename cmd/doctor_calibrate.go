package cmd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"socketbench/experiments"
	"socketbench/experiments/metric"
	"socketbench/experiments/plan"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// Calibrating measures each pair of equal servers in calibrateBlocks blocks.
const (
	calibrateBlocks = 8
	mostPairs       = 100
)

// calibrate measures equal servers as if they were different. They differ only in a time limit that no trial reaches,
// so every difference that is found is a false one.
func (a *app) calibrate(ctx context.Context, pairs int) error {
	if pairs < 1 || pairs > mostPairs {
		return fmt.Errorf("doctor: --pairs %d is not possible; choose 1 to %d", pairs, mostPairs)
	}
	entry, err := a.plainest()
	if err != nil {
		return err
	}
	times := make([]string, 2*pairs)
	for i := range times {
		times[i] = fmt.Sprintf("%dms", 30000+i)
	}
	e, err := spec.Parse("calibrate", fmt.Appendf(nil, `
name: calibrate
question: How often do equal servers seem to differ?
servers: [%s]
vary: {config.drain_timeout: [%s]}
load: {connections: 16, arrivals: closed, think: 500us, warmup: 100ms, duration: 200ms}
blocks: %d
`, entry.Name, strings.Join(times, ", "), calibrateBlocks), a.registry)
	if err != nil {
		return err
	}
	p, err := plan.New(e, 1, a.registry)
	if err != nil {
		return err
	}
	return a.calibrated(ctx, p)
}

func (a *app) calibrated(ctx context.Context, p plan.Plan) error {
	dir, err := os.MkdirTemp("", "socketbench-calibrate")
	if err != nil {
		return fmt.Errorf("doctor: %w", err)
	}
	defer os.RemoveAll(dir)
	told, err := a.watched(ctx, experiments.Options{Plan: p, Dir: filepath.Join(dir, "run")})
	if err != nil {
		return err
	}
	run := told.Run
	tooMany := false
	for _, name := range []string{metric.CPUPerRequest, metric.LatencyP50, metric.LatencyP99} {
		list, err := verdict.Pairs(run, name)
		if err != nil {
			return fmt.Errorf("doctor: %w", err)
		}
		differ, width := 0, 0.0
		for _, c := range list {
			if c.Word != verdict.Tie {
				differ++
			}
			width += (c.High - c.Low) / 2
		}
		// 4 of 30, and the same share of any other number, rounded.
		tooMany = tooMany || differ > (4*len(list)+15)/30
		fmt.Fprintf(a.stdout, "%s: %d of %d pairs of equal servers seem to differ; intervals of ±%.1f %% on average\n",
			name, differ, len(list), 100*width/float64(len(list)))
	}
	if tooMany {
		return &doesNotHold{fmt.Errorf("doctor: intervals are too narrow on this machine: equal servers seem to differ too often")}
	}
	return nil
}
