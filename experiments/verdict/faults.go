package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"socketbench/experiments/metric"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
)

// misdeed is what the server did in a trial that no server may.
func misdeed(t result.Trial) reason.Fault {
	if t.Fault.Kind == "" && t.Metrics[metric.Wrong] > 0 {
		return reason.Fault{Kind: reason.Wrongly}
	}
	return t.Fault
}

// faults lists what servers did that no server may, once for each cell and kind of fault.
func faults(trials []result.Trial) (list []Fault) {
	note := func(t result.Trial, kind, what string) *Fault {
		i := slices.IndexFunc(list, func(f Fault) bool { return f.Kind == kind && f.Cell.Key() == t.Cell.Key() })
		if i < 0 {
			i = len(list)
			list = append(list, Fault{Cell: t.Cell, Kind: kind, What: what})
		}
		f := &list[i]
		if !slices.Contains(f.Blocks, t.Block) {
			f.Blocks = append(f.Blocks, t.Block)
		}
		f.Words = cmp.Or(f.Words, t.Stderr)
		return f
	}
	for _, t := range trials {
		if t.Fault.Kind != "" {
			note(t, t.Fault.Short(), t.Fault.String())
		}
		if n := t.Metrics[metric.Wrong]; n > 0 {
			f := note(t, string(reason.Wrongly), "")
			f.wrong += n
			f.What = "gave " + unit.Tick("count", f.wrong) + " wrong replies"
			if f.wrong == 1 {
				f.What = "gave a wrong reply"
			}
		}
	}
	for i := range list {
		slices.Sort(list[i].Blocks)
	}
	return list
}

// Sentence says what happened, where and when.
func (f Fault) Sentence() string {
	blocks := make([]string, len(f.Blocks))
	for i, b := range f.Blocks {
		blocks[i] = strconv.Itoa(b + 1)
	}
	when := "block " + blocks[0]
	if len(blocks) > 1 {
		when = "blocks " + unit.Series(blocks)
	}
	return fmt.Sprintf("%s %s (%s).", named(f.Cell), f.What, when)
}
