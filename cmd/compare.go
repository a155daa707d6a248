package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"socketbench/experiments/report"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// compared are the metrics that compare looks at unless told others.
var compared = []string{"unserved", "wrong", "lost", "achieved_rate", "latency.p50", "latency.p99", "cpu_per_request", "rss_per_connection"}

func (a *app) compare() *cobra.Command {
	var failOn, metrics []string
	var asJSON, all bool
	var format, out string
	c := &cobra.Command{
		Use:   "compare DIR_A DIR_B",
		Short: "what changed between two runs",
		Long: `Compare sets the cells of a second run against those of a first, and says what is faster, slower, equal
or undecided, beyond the noise that both runs measured of themselves.

With --fail-on it ends with exit code 1 where a metric changed by more than the bound beyond doubt, which
is with the whole of its 95 % interval. A bound can be given several times.

As html it is a page of its own, with the response times of both runs on one chart.`,
		Example: `  socketbench compare results/before results/after
  socketbench compare results/before results/after --fail-on 'latency.p99>5%' --fail-on 'achieved_rate<-5%'
  socketbench compare results/before results/after -o compare.html`,
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
			if asJSON {
				format = "json"
			}
			return a.compareRuns(args[0], args[1], look, bounds, all, formatOf(format, out), out)
		},
	}
	c.Flags().StringArrayVar(&failOn, "fail-on", nil, "exit 1 where this is broken, such as 'latency.p99>5%'")
	c.Flags().StringSliceVar(&metrics, "metrics", nil, "compare these, separated by commas")
	c.Flags().BoolVar(&all, "all", false, "list what is equal and undecided too")
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	c.Flags().StringVar(&format, "format", "", "text, html or json")
	c.Flags().StringVarP(&out, "output", "o", "", "`FILE` to write to in place of stdout")
	c.MarkFlagsMutuallyExclusive("json", "format")
	c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "html", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (a *app) compareRuns(first, second string, metrics []string, bounds []verdict.Bound, all bool, format, out string) error {
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
	for _, change := range x.Changes {
		for _, b := range bounds {
			if b.Broken(change) {
				broken = append(broken, fmt.Sprintf("%s is broken by %s", b.Text, change.Sentence))
			}
		}
	}
	var b bytes.Buffer
	switch format {
	case "text":
		tell(&b, x, broken, all)
	case "json":
		err = json.NewEncoder(&b).Encode(told(x, broken))
	case "html":
		err = a.comparePage(&b, before, after, x, broken)
	default:
		err = fmt.Errorf("compare: no format %q; there are text, html and json", format)
	}
	if err != nil {
		return err
	}
	if err := a.deliver(b.Bytes(), out); err != nil {
		return err
	}
	if len(broken) > 0 {
		return &doesNotHold{fmt.Errorf("compare: %d of the figures break a bound", len(broken))}
	}
	return nil
}

// tell writes what changed, a line a figure; with all, what did not change too.
func tell(w io.Writer, x verdict.Across, broken []string, all bool) {
	for _, s := range x.Warnings {
		fmt.Fprintf(w, "mind: %s\n", s)
	}
	for _, change := range x.Changes {
		if all || change.Word == verdict.Faster || change.Word == verdict.Slower {
			fmt.Fprintln(w, change.Sentence)
		}
	}
	fmt.Fprintln(w, report.ChangeTally(x.Changes))
	for _, s := range broken {
		fmt.Fprintln(w, s)
	}
}

// comparePage writes the page; what each run says of itself is judged for it.
func (a *app) comparePage(w io.Writer, before, after result.Run, x verdict.Across, broken []string) error {
	first, err := verdict.Judge(before, a.registry)
	if err != nil {
		return err
	}
	second, err := verdict.Judge(after, a.registry)
	if err != nil {
		return err
	}
	return report.WriteComparison(w, report.Pair{Before: report.Input{Run: before, Analysis: first, Registry: a.registry},
		After: report.Input{Run: after, Analysis: second, Registry: a.registry}, Across: x, Broken: broken})
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
