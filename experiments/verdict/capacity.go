package verdict

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"socketbench/experiments/result"
	"socketbench/experiments/unit"
)

// Carries says what a server carries here, and what the utilizations that are shares of it come to: "goroutine carries
// 182k/s here with 64 connections; 50 % utilization is 91k/s".
func Carries(c result.Capacity, loads []result.Frozen) string {
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
	for _, l := range loads {
		for _, s := range InForce(l) {
			if !slices.Contains(said, s) {
				said = append(said, s)
			}
		}
	}
	if len(said) > 0 {
		b.WriteString("; " + strings.Join(said, ", "))
	}
	if c.Why != "" {
		b.WriteString(" (" + c.Why + ")")
	}
	return b.String()
}

// InForce says what each utilization of a condition comes to: "50 % utilization is 91k/s".
func InForce(l result.Frozen) (list []string) {
	add := func(share float64, what, comes string) {
		if share > 0 {
			list = append(list, unit.Percent(share)+" "+what+" is "+comes)
		}
	}
	add(l.Utilization, "utilization", unit.Tick("requests/s", l.Rate))
	add(l.BurstUtilization, "utilization in bursts", unit.Tick("requests/s", l.Peak))
	add(l.ThinkUtilization, "utilization", "a pause of "+l.Think.Round(time.Microsecond).String())
	return list
}
