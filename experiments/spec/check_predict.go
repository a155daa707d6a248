package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/servers/suggest"
)

// KnownMetric checks the name of a metric; the error names the nearest one.
func KnownMetric(name string) error {
	if _, ok := metric.Find(name); ok {
		return nil
	}
	names := metricNames()
	if strings.HasPrefix(name, "errors.") {
		names = nil
		for _, kind := range load.Faults() {
			names = append(names, "errors."+kind)
		}
	}
	if slices.Contains(names, name) {
		return nil
	}
	return fmt.Errorf("no metric %q%s; allowed: %s", name, suggest.DidYouMean(name, names), strings.Join(names, ", "))
}

func metricNames() []string {
	names := make([]string, len(metric.All))
	for i, m := range metric.All {
		names[i] = m.Name
	}
	return names
}

// Unit returns the unit of a metric.
func Unit(name string) string { return metric.Of(name).Unit }

// predictionProblems checks p and completes its cells: what against leaves out is as in of.
func (e Experiment) predictionProblems(p *Prediction) (list problems) {
	if strings.TrimSpace(p.Claim) == "" {
		list.bad("", "a prediction needs a claim: the sentence that is put to the test")
	}
	if p.Metric == "" {
		list.bad("", "a prediction needs a metric, such as cpu_per_request")
	} else if err := KnownMetric(p.Metric); err != nil {
		list.bad(".metric", "%v", err)
	} else if p.Expect == "" {
		list.bad("", "a prediction needs expect, such as \"> 2x\" or \"== 0\"")
	} else if expected, err := ParseExpect(p.Expect, Unit(p.Metric), p.Against != nil); err != nil {
		list.bad(".expect", "%v", err)
	} else {
		p.Expected = expected
	}
	if p.NotAsked != "" {
		return list
	}
	if p.Of == nil {
		list.bad("", "a prediction needs of: the cell it is about, such as {server: %s}", e.Baseline)
		return list
	}
	list = append(list, e.complete(".of", p.Of, nil)...)
	if p.Against != nil {
		list = append(list, e.complete(".against", p.Against, p.Of)...)
		if len(list) == 0 && maps.Equal(p.Of, p.Against) {
			list.bad(".against", "of and against are the same cell")
		}
		if metric.Of(p.Metric).Kind == metric.Cost && p.Of["placement"] != p.Against["placement"] {
			list.bad(".against", "costs are not compared across placements: the caches between them are part of the cost; choose another metric, or one placement")
		}
	}
	return list
}

// complete checks a predicted cell and fills in what has only one possible value, or is as in like.
func (e Experiment) complete(path string, cell, like map[string]any) (list problems) {
	choices := Factors{{"server", make([]any, len(e.Servers))}}
	for i, s := range e.Servers {
		choices[0].Values[i] = s
	}
	choices = append(choices, e.Vary...)
	for _, name := range slices.Sorted(maps.Keys(cell)) {
		if !slices.ContainsFunc(choices, func(f Factor) bool { return f.Field == name }) {
			list.bad(path+"/"+name, "%s is not varied in this experiment; list its values under vary, or leave it out here", name)
		}
	}
	for _, f := range choices {
		v, ok := cell[f.Field]
		if !ok {
			if v, ok = like[f.Field]; !ok && len(f.Values) == 1 {
				v, ok = f.Values[0], true
			}
			if !ok {
				list.bad(path, "which cell? say also %s: one of %s", f.Field, join(f.Values))
				continue
			}
			cell[f.Field] = v
		}
		if !slices.Contains(f.Values, v) {
			hint := ""
			if s, ok := v.(string); ok && f.Field == "server" {
				hint = suggest.DidYouMean(s, e.Servers)
			}
			list.bad(path+"/"+f.Field, "%s %s is not in this experiment%s; one of %s", f.Field, show(v), hint, join(f.Values))
		}
	}
	return list
}

func join(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}
