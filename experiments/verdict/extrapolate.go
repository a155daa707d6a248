package verdict

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/spec"
	"socketbench/experiments/stats"
	"socketbench/experiments/unit"
)

// Extrapolated is the memory (rss_peak) of a design with more idle clients than were measured, by a straight line over the
// crowds that were.
type Extrapolated struct {
	Idle      int   // clients that it is extrapolated to
	Crowds    []int // clients that were measured, in order
	Bytes     float64
	Low, High float64 // the 95 % interval: of the line, and of the last two crowds where these say more
	PerClient float64 // bytes, the slope of the line
	Why       string  // why there is no figure, a clause; "": there is one
	Needs     string  // what it would take to have one; "": there is one
	Sentence  string
}

// whole is the share of disturbers that must have been there, so that a figure is that of the crowd.
const whole = 0.999

// extrapolated is the memory of one design, of several conditions the one with most; nil if the experiment asks for none.
func (j *judge) extrapolated(cells []int) *Extrapolated {
	if j.exp.Beyond == 0 {
		return nil
	}
	groups := map[string][]int{} // cells that differ in nothing but their idle clients
	for _, i := range cells {
		key := j.cells[i].ID.Without(spec.IdlePath).Key()
		groups[key] = append(groups[key], i)
	}
	var worst *Extrapolated
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		x := j.line(groups[key])
		switch {
		case worst == nil, x.Why != "" && worst.Why == "", x.Why == "" && worst.Why == "" && x.High > worst.High:
			worst = &x
		}
	}
	return worst
}

// line extrapolates over the crowds of one condition.
func (j *judge) line(cells []int) Extrapolated {
	x := Extrapolated{Idle: j.exp.Beyond}
	var clients, bytes []float64
	for _, i := range cells {
		c := &j.cells[i]
		n, _ := Number(c.ID[spec.IdlePath])
		if why, needs := j.unfit(i); why != "" {
			return x.unknown(needs, c.ID.Server(), fmt.Sprintf("with %s %s", idleClients(int(n)), why))
		}
		if fault := j.failed(i); fault != "" {
			return x.unknown(needsServer, c.ID.Server(), fmt.Sprintf("with %s it %s", idleClients(int(n)), fault))
		}
		x.Crowds = append(x.Crowds, int(n))
		for _, t := range c.all() {
			if there, has := t.Metrics[metric.Disturbers]; has && there < whole {
				return x.unknown("a crowd that the design holds", c.ID.Server(), fmt.Sprintf("it held only %s of %s", unit.Format("share", there), idleClients(int(n))))
			}
			if v, has := t.Metrics[metric.RSSPeak]; has {
				clients, bytes = append(clients, n), append(bytes, v)
			}
		}
	}
	slices.Sort(x.Crowds)
	l, ok := stats.NewLine(clients, bytes)
	if !ok {
		return x.unknown(needsTrials, j.cells[cells[0]].ID.Server(), "its memory was not measured in three crowds")
	}
	at := l.At(float64(x.Idle))
	x.Bytes, x.PerClient = at.Center, l.Slope().Center
	x.Low, x.High = at.Interval()
	last := lastTwo(clients, bytes, float64(x.Idle)) // memory that bends upwards lies above the line
	x.Low, x.High = max(0, min(x.Low, last)), max(x.High, last)
	x.Sentence = fmt.Sprintf("%s: about %s with %s, extrapolated by a line over %s of them: %s for each (95 %% interval %s to %s).", j.cells[cells[0]].ID.Server(),
		unit.Tick("bytes", x.Bytes), idleClients(x.Idle), x.crowds(), unit.Tick("bytes", x.PerClient), unit.Tick("bytes", x.Low), unit.Tick("bytes", x.High))
	return x
}

func (x Extrapolated) unknown(needs, server, why string) Extrapolated {
	x.Why, x.Needs = why, needs
	x.Sentence = fmt.Sprintf("%s: its memory with %s cannot be extrapolated: %s.", server, idleClients(x.Idle), why)
	return x
}

func (x Extrapolated) crowds() string {
	words := make([]string, len(x.Crowds))
	for i, n := range x.Crowds {
		words[i] = unit.Count(n)
	}
	return unit.Series(words)
}

func idleClients(n int) string { return spec.Phrase(spec.IdlePath, unit.Count(n)) }

// lastTwo extrapolates over the two largest crowds alone.
func lastTwo(clients, bytes []float64, to float64) float64 {
	means := map[float64][]float64{}
	for i, n := range clients {
		means[n] = append(means[n], bytes[i])
	}
	crowds := slices.Sorted(maps.Keys(means))
	x1, x2 := crowds[len(crowds)-2], crowds[len(crowds)-1]
	y1, y2 := stats.Mean(means[x1]).Center, stats.Mean(means[x2]).Center
	return y2 + (y2-y1)/(x2-x1)*(to-x2)
}

// metBeyond judges a requirement on the memory by the extrapolated figure, in place of what the measured crowds say. It is
// met only if the whole interval says so.
func (x Extrapolated) metBeyond(q spec.Requirement, of Met) Met {
	of.Cell, of.Figure, of.Needs = of.Cell.Without(spec.IdlePath), "", x.Needs
	if x.Why != "" {
		of.Word, of.Sentence = Undecided, x.Sentence
		return of
	}
	of.Word = OutcomeOf(q.Expect, x.Low, x.High)
	of.Figure = unit.Tick("bytes", x.Bytes) + " extrapolated"
	want := expected(q.Expect, "bytes")
	of.Sentence = strings.TrimSuffix(x.Sentence, ".")
	switch of.Word {
	case Holds:
		of.Sentence += "; " + want + ", as asked."
	case Refuted:
		of.Sentence += "; not " + want + "."
	default:
		of.Sentence += "; " + want + " cannot be told."
		of.Needs = "more blocks, which narrow the interval (--blocks), or a machine that holds a larger crowd"
		if math.IsInf(x.High, 1) {
			of.Needs = needsBlocks
		}
	}
	return of
}
