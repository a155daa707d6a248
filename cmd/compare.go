package cmd

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"socketbench/experiments/metric"
	"socketbench/experiments/report"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// compared are the metrics that compare shows unless --metrics names others.
var compared = []string{metric.Unserved, metric.Answered, metric.Wrong, metric.Lost, metric.AchievedRate, metric.LatencyP50, metric.LatencyP99, metric.CPUPerRequest, metric.RSSPerConnection}

// compareFlags are those of compare.
type compareFlags struct {
	gate        gateFlags
	metrics     []string
	all, asJSON bool
	format, out string
}

func (a *app) compare() *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "compare OLD NEW",
		Short: "show what changed between two runs, or what is published and not so here; can be a gate",
		Long: `Compare compares the cells of a second run with those of a first, and says which are faster, slower, equal
or undecided, beyond the noise that both runs measured. An undecided cell is listed with the largest change
that it does not exclude. The figures are geometric means of the trials, which a few bad trials
hardly move; the ratio is their quotient.

A --fail-on with a percentage bounds the change: 'latency.p99>5%' is broken if the second run is more than
5 % above the first, 'achieved_rate<-5%' if it is more than 5 % below. Other bounds are about the second run.

` + gateHelp + `

With --format html the result is a page with the response times of both runs on one chart.

"published" in place of OLD stands for the runs of the built-in experiments that this repository has published, on
several classes of machines. NEW is then a run, or a directory of several such as that of "run all". The result is how
many verdicts have the same word there and here, and which have another, opposite ones first.`,
		Example: `  socketbench compare results/before results/after
  socketbench compare results/before results/after --fail-on 'latency.p99>5%' --fail-on 'achieved_rate<-5%'
  socketbench compare results/before results/after --fail-on 'cpu_per_request>10% where server=epoll' --undecided pass
  socketbench compare results/before results/after -o compare.html
  socketbench compare published results/20261122-213045-all`,
		Args: arguments(2, 2),
		RunE: func(_ *cobra.Command, args []string) error {
			if args[0] == publishedRuns {
				return a.comparePublished(args[1], f)
			}
			return a.compareRuns(args[0], args[1], f)
		},
	}
	f.gate.add(c, "'latency.p99>5%'")
	c.Flags().StringSliceVar(&f.metrics, "metrics", nil, "compare only these metrics, separated by commas")
	c.Flags().BoolVar(&f.all, "all", false, "also list equal cells, all undecided ones, and bounds that hold; of published verdicts, those that are undecided on one side")
	c.Flags().BoolVar(&f.asJSON, "json", false, "print JSON")
	c.Flags().StringVar(&f.format, "format", "", "text, html or json; of published verdicts text, md or json")
	c.Flags().StringVarP(&f.out, "output", "o", "", "write to `FILE` instead of stdout")
	c.MarkFlagsMutuallyExclusive("json", "format")
	c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(report.ComparisonFormats, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (a *app) compareRuns(first, second string, f compareFlags) error {
	bounds, err := f.gate.bounds("compare")
	if err != nil {
		return err
	}
	before, err := result.Load(first)
	if err != nil {
		return err
	}
	after, err := result.Load(second)
	if err != nil {
		return err
	}
	metrics := f.metrics
	if len(metrics) == 0 {
		metrics = compared
	}
	metrics = slices.Clone(metrics)
	for _, b := range bounds {
		if b.Metric != "" && !slices.Contains(metrics, b.Metric) {
			metrics = append(metrics, b.Metric)
		}
	}
	x, err := verdict.Compare(before, after, metrics)
	if err != nil {
		return err
	}
	p := report.Pair{Across: x, All: f.all}
	if len(bounds) > 0 {
		gate, err := x.Gate(bounds)
		if err != nil {
			return fmt.Errorf("compare: %w", err)
		}
		p.Gate = &gate
	}
	format := formatOf(f.format, f.out)
	if f.asJSON {
		format = "json"
	}
	if format == "html" { // the page shows each run too
		if p.Before, err = a.judged(before); err != nil {
			return err
		}
		if p.After, err = a.judged(after); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	if err := report.WriteComparison(format, &b, p); err != nil {
		return err
	}
	if err := a.deliver(b.Bytes(), f.out); err != nil {
		return err
	}
	if p.Gate == nil {
		return nil
	}
	return f.gate.outcome("compare", *p.Gate)
}

// judged is a run with what can be concluded from it.
func (a *app) judged(run result.Run) (report.Input, error) {
	analysis, err := verdict.Judge(run)
	return report.Input{Run: run, Analysis: analysis, Registry: a.registry}, err
}
