package cmd

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// compared are the metrics that compare looks at unless told others.
var compared = []string{"unserved", "wrong", "lost", "achieved_rate", "latency.p50", "latency.p99", "cpu_per_request", "rss_per_connection"}

func (a *app) compare() *cobra.Command {
	var failOn, metrics []string
	var asJSON, all bool
	c := &cobra.Command{
		Use:   "compare DIR_A DIR_B",
		Short: "what changed between two runs",
		Long: `Compare sets the cells of a second run against those of a first, and says what is faster, slower, equal
or undecided, beyond the noise that both runs measured of themselves.

With --fail-on it ends with exit code 1 where a metric changed by more than the bound beyond doubt, which
is with the whole of its 95 % interval. A bound can be given several times.`,
		Example: `  socketbench compare results/before results/after
  socketbench compare results/before results/after --fail-on 'latency.p99>5%' --fail-on 'achieved_rate<-5%'`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			var bounds []verdict.Bound
			for _, text := range failOn {
				b, err := verdict.ParseBound(text)
				if err != nil {
					return fmt.Errorf("compare: %w", err)
				}
				bounds = append(bounds, b)
			}
			look := metrics
			if len(look) == 0 {
				look = slices.Clone(compared)
			}
			for _, b := range bounds {
				if !slices.Contains(look, b.Metric) {
					look = append(look, b.Metric)
				}
			}
			return a.compareRuns(args[0], args[1], look, bounds, all, asJSON)
		},
	}
	c.Flags().StringArrayVar(&failOn, "fail-on", nil, "exit 1 where this is broken, such as 'latency.p99>5%'")
	c.Flags().StringSliceVar(&metrics, "metrics", nil, "compare these, separated by commas")
	c.Flags().BoolVar(&all, "all", false, "list what is equal and undecided too")
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return c
}

func (a *app) compareRuns(first, second string, metrics []string, bounds []verdict.Bound, all, asJSON bool) error {
	before, err := result.Load(first)
	if err != nil {
		return err
	}
	after, err := result.Load(second)
	if err != nil {
		return err
	}
	x, err := verdict.Compare(before, after, metrics, a.registry)
	if err != nil {
		return err
	}
	var broken []string
	count := map[verdict.Word]int{}
	for _, change := range x.Changes {
		count[change.Word]++
		for _, b := range bounds {
			if b.Broken(change) {
				broken = append(broken, fmt.Sprintf("%s is broken by %s", b.Text, change.Sentence))
			}
		}
	}
	if asJSON {
		if err := json.NewEncoder(a.stdout).Encode(told(x, broken)); err != nil {
			return err
		}
	} else {
		for _, w := range x.Warnings {
			fmt.Fprintf(a.stdout, "mind: %s\n", w)
		}
		for _, change := range x.Changes {
			if all || change.Word == verdict.Faster || change.Word == verdict.Slower {
				fmt.Fprintln(a.stdout, change.Sentence)
			}
		}
		fmt.Fprintf(a.stdout, "%d figures: %d better, %d worse, %d equal, %d undecided\n", len(x.Changes),
			count[verdict.Faster], count[verdict.Slower], count[verdict.Tie], count[verdict.Undecided])
		for _, b := range broken {
			fmt.Fprintln(a.stdout, b)
		}
	}
	if len(broken) > 0 {
		return &doesNotHold{fmt.Errorf("compare: %d of the figures break a bound", len(broken))}
	}
	return nil
}

// change is one line of compare --json. An end of an interval that is not known is absent.
type change struct {
	Cell     result.Cell `json:"cell"`
	Metric   string      `json:"metric"`
	Before   float64     `json:"before"`
	After    float64     `json:"after"`
	Ratio    *float64    `json:"ratio,omitempty"`
	Low      *float64    `json:"low,omitempty"`
	High     *float64    `json:"high,omitempty"`
	Word     string      `json:"word"`
	Sentence string      `json:"sentence"`
}

func told(x verdict.Across, broken []string) any {
	known := func(v float64) *float64 {
		if v <= 0 || math.IsInf(v, 0) || math.IsNaN(v) {
			return nil
		}
		return &v
	}
	list := make([]change, len(x.Changes))
	for i, c := range x.Changes {
		list[i] = change{c.Cell, c.Metric, c.A.Center, c.B.Center, known(c.Ratio), known(c.Low), known(c.High), string(c.Word), c.Sentence}
	}
	return struct {
		Warnings []string `json:"warnings"`
		Changes  []change `json:"changes"`
		Broken   []string `json:"broken"`
	}{append([]string{}, x.Warnings...), list, append([]string{}, broken...)} // an empty list is [] and not null
}
