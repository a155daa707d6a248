package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"socketbench/experiments/findings"
	"socketbench/experiments/report"
	"socketbench/servers/foreign"
)

// publishedRuns stands for the published runs in place of a directory.
const publishedRuns = "published"

// comparePublished sets the runs in dir beside what was published of the same experiments.
func (a *app) comparePublished(dir string, f compareFlags) error {
	if len(f.gate.failOn) > 0 || len(f.metrics) > 0 {
		return errors.New("compare: published verdicts have words and no bounds; leave out --fail-on and --metrics")
	}
	runs, err := newest(dir)
	if err != nil {
		return err
	}
	x, err := findings.Beside(runs)
	if err != nil {
		return err
	}
	format := formatOf(f.format, f.out)
	if f.asJSON {
		format = "json"
	}
	columns, paint := a.columns(), a.paint()
	if f.out != "" {
		columns, paint = 80, nil
	}
	var b bytes.Buffer
	if err := report.WriteBeside(format, &b, x, f.all, columns, paint); err != nil {
		return err
	}
	return a.deliver(b.Bytes(), f.out)
}

// newest reads the run in dir, or the newest of each experiment where dir holds several.
func newest(dir string) ([]report.Past, error) {
	if report.IsRun(dir) {
		p := report.NewPast(dir)
		return []report.Past{p}, p.Err
	}
	x, err := report.List(dir)
	if err != nil {
		return nil, fmt.Errorf("compare: %w", err)
	}
	var names []string
	return slices.DeleteFunc(x.Runs, func(p report.Past) bool {
		again := slices.Contains(names, p.Name)
		names = append(names, p.Name)
		return again
	}), nil
}

// asPublished says how far runs agree with the published ones, and which command says more of it. It is "" where none of
// their verdicts has been published.
func asPublished(dir string, runs ...report.Past) string {
	x, err := findings.Beside(runs)
	if err != nil || x.Sentence() == "" {
		return ""
	}
	return x.Sentence() + " More of it: socketbench compare " + publishedRuns + " " + foreign.ShellLine(dir)
}
