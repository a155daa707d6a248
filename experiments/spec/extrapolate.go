package spec

import (
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/metric"
)

// IdlePath is the field of the crowd of idle clients.
const IdlePath = "load.idle"

const (
	// crowds are how many numbers of idle clients a line needs, so that it shows whether it is one.
	crowdsOfALine = 3
	// leastCrowd is the largest crowd from which memory may be extrapolated: a smaller one takes less memory than a collector
	// leaves behind.
	leastCrowd = 100
)

// Extrapolated returns e, which is wanted cut down to what a machine holds, with three crowds in place of the largest: a
// quarter of it, half of it and all. What is required of the memory (rss_peak) is about the idle clients that were wanted, by
// a line over the three; all else that is required is about the largest crowd. An experiment whose idle clients were not cut
// down, or to fewer than 100, stays as it is, and so does one that lost other clients too: the memory of these is not idle.
// The two smaller crowds are measured in the first block only: the line is all that needs them.
func (e Experiment) Extrapolated(wanted Experiment) Experiment {
	held := e.Load.Idle
	others := e.crowds().total() - e.largest(IdlePath)
	if e.Varies(IdlePath) || held >= wanted.Load.Idle || held < leastCrowd || others < wanted.crowds().total()-wanted.largest(IdlePath) {
		return e
	}
	e.Load.Idle, e.Beyond, e.Smaller = 0, wanted.Load.Idle, 1
	e.Vary = append(slices.Clone(e.Vary), Factor{Field: IdlePath, Values: []any{held / 4, held / 2, held}})
	e.Require = slices.Clone(e.Require)
	for i, text := range e.Require {
		if r, err := ParseRequirement(text); err == nil && !e.Extrapolates(r) {
			joint := " where "
			if r.Where != nil {
				joint = ", "
			}
			e.Require[i] = fmt.Sprintf("%s%s%s=%d", strings.TrimSpace(text), joint, IdlePath, held)
		}
	}
	return e
}

// Extrapolates reports whether a requirement is about more idle clients than are measured.
func (e Experiment) Extrapolates(r Requirement) bool {
	_, narrowed := r.Where[IdlePath]
	return e.Beyond > 0 && r.Metric == metric.RSSPeak && !narrowed
}

// Measured reports whether so many idle clients are measured in a block, counted from 0.
func (e Experiment) Measured(idle, block int) bool {
	return e.Smaller == 0 || block < e.Smaller || idle == e.largest(IdlePath)
}

// extrapolationProblems reports why the memory cannot be extrapolated.
func (e Experiment) extrapolationProblems() (list problems) {
	const path = "extrapolate_idle"
	if e.Beyond == 0 {
		if e.Smaller > 0 {
			list.bad("extrapolate_blocks", "extrapolate_blocks is about what %s measures, and that is not given; give both, or neither", path)
		}
		return list
	}
	if len(e.Require) == 0 {
		list.bad(path, "%s is about what is required, and nothing is; give --require 'rss_peak < 1GiB', or leave it out", path)
		return list
	}
	i := slices.IndexFunc(e.Vary, func(f Factor) bool { return f.Field == IdlePath })
	if i < 0 || len(e.Vary[i].Values) < crowdsOfALine {
		list.bad(path, "%s needs %d crowds at least, to see how the memory grows; vary load.idle, such as [500, 1000, 2000]", path, crowdsOfALine)
		return list
	}
	if most := e.largest(IdlePath); e.Beyond <= most {
		list.bad(path, "%s %d is no more than the %d idle clients that are measured; leave it out", path, e.Beyond, most)
	}
	return list
}
