package verdict

import (
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/result"
	"socketbench/experiments/unit"
)

// Carries says what a server carries here, and what the utilizations that are shares of it come to: "goroutine carries
// 182,000/s here with 64 connections; utilization 0.5 is 91,000/s".
func Carries(c result.Capacity, found []result.Frozen) string {
	var b strings.Builder
	most := ""
	if c.LowerBound {
		most = "at least "
	}
	fmt.Fprintf(&b, "%s carries %s%s here", c.Cell.Server(), most, unit.Tick("requests/s", c.Rate))
	condition := c.Cell.Without("server")
	if _, varied := condition["load.connections"]; !varied {
		fmt.Fprintf(&b, " with %s", unit.Many(c.Connections, "connection"))
		if with := conditionSuffix(condition); with != "" {
			b.WriteString(strings.Replace(with, " with ", ", ", 1))
		}
	} else {
		b.WriteString(conditionSuffix(condition))
	}
	var said []string
	for _, l := range found {
		for _, s := range comesTo(l) {
			if !slices.Contains(said, s) {
				said = append(said, s)
			}
		}
	}
	if len(said) > 0 {
		b.WriteString("; " + strings.Join(said, ", "))
	}
	if c.Disturbed {
		b.WriteString("; the machine stood still or was slow meanwhile, so that this is a rough figure")
	}
	if c.Why != "" {
		b.WriteString(" (" + c.Why + ")")
	}
	return b.String()
}

// comesTo says what each utilization of a condition comes to: "utilization 0.5 is 91,000/s".
func comesTo(l result.Frozen) (list []string) {
	words := inWords(l)
	for i, share := range []float64{l.Utilization, l.BurstUtilization, l.ThinkUtilization} {
		if what := [...]string{"", "burst ", "think "}[i]; share > 0 {
			list = append(list, fmt.Sprintf("%sutilization %v is %s", what, share, words[i]))
		}
	}
	return list
}

// inWords are the rate, the rate in bursts and the pause of a frozen load, in words.
func inWords(l result.Frozen) [3]string {
	return [3]string{unit.Tick("requests/s", l.Rate), unit.Tick("requests/s", l.Peak), "a pause of " + unit.Tick("ns", float64(l.Think))}
}

// inForce says what was offered where utilizations are given: "91,000/s"; "" where none is.
func inForce(l result.Frozen) string {
	var list []string
	words := inWords(l)
	for i, share := range []float64{l.Utilization, l.BurstUtilization, l.ThinkUtilization} {
		if share > 0 {
			list = append(list, words[i])
		}
	}
	return strings.Join(list, ", bursts of ")
}

// Loads says what servers carry here, and what the utilizations that are shares of it come to, a sentence a capacity.
func Loads(capacities []result.Capacity, loads []result.Frozen) (sentences []string) {
	for i, c := range capacities {
		var own []result.Frozen
		for _, l := range loads {
			if l.Capacity == i {
				own = append(own, l)
			}
		}
		sentences = append(sentences, Carries(c, own)+".")
	}
	return sentences
}
