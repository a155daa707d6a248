package findings

import (
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/report"
	"socketbench/experiments/verdict"
)

// attacked is the part of a line that says what attacks on a verdict found; "" if none was tried.
func attacked(survives string) string {
	if survives == "" {
		return ""
	}
	return "attacked: " + survives
}

// comparedWhat says what a comparison is about: "median response time of `pool` against `goroutine`, beside 8 silent clients".
func comparedWhat(f verdict.Family, c verdict.Comparison) string {
	what := fmt.Sprintf("%s of `%s` against `%s`", metric.Of(f.Metric).Phrase, c.Server, f.Baseline)
	if where := verdict.Condition(f.Condition); where != "" {
		what += ", " + where
	}
	return what
}

// attackedComparisons says of each comparison of a run that was attacked what came of it. Those of predictions stand beside the
// predictions.
func attackedComparisons(s Summary) (lines []string) {
	for _, f := range s.analysis.Families {
		for _, c := range f.Comparisons {
			if c.Survives == "" {
				continue
			}
			parts := []string{c.Word.Spoken(f.Metric), report.ComparisonFigure(c), attacked(c.Survives)}
			parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
			lines = append(lines, fmt.Sprintf("%s: %s.", comparedWhat(f, c), strings.Join(parts, ", ")))
		}
	}
	return lines
}
