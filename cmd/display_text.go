package cmd

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"socketbench/experiments"
	"socketbench/experiments/host"
	"socketbench/experiments/metric"
	"socketbench/experiments/quote"
	"socketbench/experiments/report/wrap"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
)

func searchLine(e experiments.Searching) string {
	line := fmt.Sprintf("measuring what %s carries here", cellName(e.Search.Cell.ID))
	if e.Of > 1 {
		line += fmt.Sprintf(", %d of %d", e.Number, e.Of)
	}
	return line
}

func plannedLine(e experiments.Planned) string {
	trials := unit.Many(len(e.Plan.Trials)-e.Done, "trial")
	if e.Done > 0 {
		trials += fmt.Sprintf(" of %d to measure", len(e.Plan.Trials))
	}
	return fmt.Sprintf("%s: %s, about %s, seed %d, into %s", e.Plan.Experiment.Name, trials, rough(e.Length), e.Plan.Seed, e.Dir)
}

func endLine(e experiments.Ended) string {
	if !e.Complete { // what was given up would count as neither warm-up nor window
		return fmt.Sprintf("%s measured, after %s; %s", were(len(e.Run.Final()), "trial"), rough(e.Wall), e.Decision)
	}
	trials := unit.Many(e.Measured, "trial")
	switch n := len(e.Run.Final()); {
	case e.Measured+e.Again == 0:
		return fmt.Sprintf("nothing left to measure: %s are stored; %s", unit.Many(n, "trial"), e.Decision)
	case e.Measured < n:
		trials += fmt.Sprintf(" more, %d in all,", n)
	}
	if e.Again > 0 {
		trials += fmt.Sprintf(" and %d again", e.Again)
	}
	waited := ""
	if e.Waited > 0 {
		waited = fmt.Sprintf(" (%s of it waiting until the CPUs were as fast as usual)", rough(e.Waited))
	}
	return fmt.Sprintf("%s in %s, of which %.0f %% was neither warm-up nor window%s; %s", trials, rough(e.Wall), e.Overhead*100, waited, e.Decision)
}

func headroomLine(e experiments.Pushed) string { return "headroom: " + quote.Text(e.Sentence) }

func pushingLine(e experiments.Pushing, names labels) string {
	return fmt.Sprintf("headroom of %s: short trial %d, %.3g times the load", names.cell(e.Cell.ID), e.Number, e.Times)
}

func profileLine(e experiments.Profiled) string {
	if e.Err != nil {
		return fmt.Sprintf("%s profile of %s: %v", e.Kind, cellName(e.Cell), e.Err)
	}
	tool := "trace"
	if e.Kind == host.ProfileCPU {
		tool = "pprof"
	}
	return fmt.Sprintf("%s profile of %s: go tool %s %s", e.Kind, cellName(e.Cell), tool, e.Path)
}

// trialLine describes one trial: how many were served, how late, at what cost, and what else to know.
func trialLine(e experiments.Finished, names labels) string {
	m := e.Result.Metrics
	var b strings.Builder
	if e.Again {
		b.WriteString("again: ")
	}
	fmt.Fprintf(&b, "%*d/%d block %d/%d  %s", len(fmt.Sprint(e.Of)), e.Number, e.Of, e.Trial.Block+1, e.Blocks, names.cell(e.Cell.ID))
	if e.Trial.Label != result.LabelFirst {
		fmt.Fprintf(&b, " (%s)", e.Trial.Label)
	}
	if served, ok := m[metric.Served]; ok {
		fmt.Fprintf(&b, ":  served %.0f of %.0f", served, served+m[metric.Unserved])
	}
	if share, ok := m[metric.Answered]; ok && share < 1 {
		fmt.Fprintf(&b, ", answered %s", unit.Format("share", share))
	}
	if p99, ok := m[metric.LatencyP99]; ok && m[metric.Completed] > 0 {
		fmt.Fprintf(&b, ", %.0f/s, p99 %v", m[metric.AchievedRate], shortTime(p99))
	}
	if cpu, ok := m[metric.CPUPerRequest]; ok {
		fmt.Fprintf(&b, ", CPU %v a request", shortTime(cpu))
	}
	if e.Result.ServerLimited {
		b.WriteString(", server at its limit")
	}
	if !e.Result.Valid {
		b.WriteString("  INVALID")
	}
	if e.Result.Fault.Kind != "" && e.Result.Valid { // the reasons of an invalid trial say it
		fmt.Fprintf(&b, "  [the server %s]", e.Result.Fault)
	}
	for _, why := range e.Result.Reasons {
		if !e.Result.ServerLimited || why.RestsOn != metric.ServerCPU {
			fmt.Fprintf(&b, "  [%s]", why)
		}
	}
	return b.String()
}

// labels are the names of servers as a display shows them: no two look the same.
type labels map[string]string

// newLabels makes the labels of a run in at most so many columns each; 0: as many as they need.
func newLabels(servers []string, columns int) labels {
	list := labels(quote.Apart(servers))
	if columns > 0 {
		shown := make([]string, len(servers))
		for i, s := range servers {
			shown[i] = list[s]
		}
		for i, short := range wrap.Names(shown, columns) {
			list[servers[i]] = short
		}
	}
	return list
}

// cell writes a cell in one line: its server, then what varies.
func (l labels) cell(c result.Cell) string {
	words := []string{cmp.Or(l[c.Server()], quote.Text(c.Server()))}
	for _, key := range slices.Sorted(maps.Keys(c)) {
		if key != "server" {
			words = append(words, fmt.Sprintf("%s=%v", key, c[key]))
		}
	}
	return strings.Join(words, " ")
}

// cellName writes a cell in one line.
func cellName(c result.Cell) string { return labels(nil).cell(c) }

// shortTime writes nanoseconds with three digits.
func shortTime(ns float64) string {
	d := time.Duration(ns)
	unit := time.Duration(1)
	for unit*1000 <= d {
		unit *= 10
	}
	return d.Round(unit).String()
}

// were counts things, with the verb: "1 trial is", "9 trials are".
func were(n int, thing string) string {
	if n == 1 {
		return "1 " + thing + " is"
	}
	return unit.Many(n, thing) + " are"
}

// rough writes a time that a person waits for, without digits that do not matter.
func rough(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
