package report

import (
	"fmt"
	"strings"

	"socketbench/experiments/quote"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// gateWords name the three outcomes of a bound.
var gateWords = map[verdict.Word]string{verdict.Refuted: "broken", verdict.Undecided: "cannot tell", verdict.Holds: "holds"}

// gateLines say what the outcome of each bound is, and count the outcomes. Bounds that hold are listed only if all are
// asked for.
func gateLines(g *verdict.Gate, all bool) (lines []movedLine, tally string) {
	if g == nil {
		return nil, ""
	}
	for _, f := range g.Findings {
		if f.Word == verdict.Holds && !all {
			continue
		}
		sign, class := outcome(f.Word)
		s := gateWords[f.Word] + ": " + f.Bound + ": " + f.Sentence
		if f.Needs != "" {
			s += " To decide: " + f.Needs + "."
		}
		lines = append(lines, movedLine{sign, class, s})
	}
	for _, s := range g.LeftOut {
		lines = append(lines, movedLine{"–", "soft", "left out: " + s + "."})
	}
	return lines, fmt.Sprintf("gate: %s; %d broken, %d cannot be told, %d hold.", gateWord(g), g.Count(verdict.Refuted), g.Count(verdict.Undecided), g.Count(verdict.Holds))
}

func gateWord(g *verdict.Gate) string {
	switch g.Word() {
	case verdict.Refuted:
		return "broken"
	case verdict.Undecided:
		return "cannot tell"
	}
	return "every bound holds"
}

// GateText is a gate as text: a line for each bound that does not hold, and one that counts all outcomes.
func GateText(g verdict.Gate) string {
	lines, tally := gateLines(&g, false)
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%s %s\n", l.Sign, l.Sentence)
	}
	return quote.Lines(b.String()) + tally + "\n"
}

// gateJSON is a gate in a JSON document.
type gateJSON struct {
	Outcome  string        `json:"outcome" about:"holds, broken, cannot tell; \"not asked\" where no bound was set"`
	Findings []findingJSON `json:"findings"`
	LeftOut  []string      `json:"left_out" about:"where a bound was not looked at because neither run has anything there"`
}

type findingJSON struct {
	Bound    string      `json:"bound"`
	Cell     result.Cell `json:"cell" about:"{} where it is about the runs as a whole"`
	Outcome  string      `json:"outcome" about:"holds, broken, cannot tell"`
	Sentence string      `json:"sentence"`
	Needs    string      `json:"needs" about:"what it would take to tell; \"\" where it can be told"`
}

func newGateJSON(g *verdict.Gate) gateJSON {
	out := gateJSON{Outcome: "not asked", Findings: []findingJSON{}, LeftOut: []string{}}
	if g == nil {
		return out
	}
	out.LeftOut = orEmpty(g.LeftOut)
	out.Outcome = gateWords[g.Word()]
	for _, f := range g.Findings {
		cell := f.Cell
		if cell == nil {
			cell = result.Cell{}
		}
		out.Findings = append(out.Findings, findingJSON{f.Bound, cell, gateWords[f.Word], f.Sentence, f.Needs})
	}
	return out
}
