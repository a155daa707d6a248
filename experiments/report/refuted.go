package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"socketbench/experiments/refute"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// outcomeClasses are the colours of what an attack found.
var outcomeClasses = map[string]string{refute.Same: "good", refute.Turns: "bad", refute.Undecided: "doubt", refute.NotAskable: "soft", refute.NotReached: "soft"}

// survives is what attacks on a verdict found, as a sentence; "" if none was tried.
func survives(says string) string {
	if says == "" {
		return ""
	}
	return "Attacked: " + says + "."
}

// attacked is the table of what was tried to overturn the verdicts: a row a verdict that was attacked, a column a change. The
// note says what could not be changed, and how many verdicts were not reached.
func attacked(g grid, r result.Refuted) (t table, sentences []string) {
	verdicts := slices.DeleteFunc(slices.Clone(r.Verdicts), func(v result.Attacked) bool { return v.Says == "" })
	if len(verdicts) == 0 {
		return t, nil
	}
	t = table{Caption: "What was tried to overturn the verdicts", Columns: []column{{Head: "verdict", Text: true}}}
	var changes, reasons []string
	for _, v := range verdicts {
		for _, tried := range v.Tried {
			why := tried.Change + ": " + strings.TrimSuffix(tried.Why, ".")
			switch {
			case tried.Outcome == refute.NotAskable && !slices.Contains(reasons, why):
				reasons = append(reasons, why)
			case tried.Outcome != refute.NotAskable && !slices.Contains(changes, tried.Change):
				changes = append(changes, tried.Change)
			}
		}
	}
	for _, c := range changes {
		t.Columns = append(t.Columns, column{Head: c, Text: true})
	}
	for _, v := range verdicts {
		row := []tableCell{named(verdictName(g, v), "name")}
		for _, c := range changes {
			entry := absent("this change was not planned")
			for _, tried := range v.Tried {
				if tried.Change == c {
					entry = named(tried.Outcome, outcomeClasses[tried.Outcome])
					entry.Tip = strings.TrimSpace(tried.Says + ": " + tried.Now + tried.Why)
				}
			}
			row = append(row, entry)
		}
		t.Rows = append(t.Rows, row)
		sentences = append(sentences, fmt.Sprintf("%s: %s.", verdictName(g, v), v.Says))
	}
	var notes []string
	if len(reasons) > 0 {
		notes = append(notes, "Not askable: "+strings.Join(reasons, "; ")+".")
	}
	if n := len(r.Verdicts) - len(verdicts); n > 0 {
		notes = append(notes, "Not attacked yet: "+unit.Many(n, "further verdict")+".")
	}
	t.Note = strings.Join(notes, " ")
	return t, sentences
}

// verdictName says a verdict in a few words: "epoll against goroutine, CPU per request: faster".
func verdictName(g grid, v result.Attacked) string {
	name := pairName(g, v.Of, v.Against) + ", " + metricName(v.Metric)
	if v.Expect != "" {
		return name + " " + v.Expect + ": " + v.Word
	}
	return name + ": " + verdict.Word(v.Word).Spoken(v.Metric)
}

// pairName names the cells of an attack; against may be nil.
func pairName(g grid, of, against result.Cell) string {
	switch {
	case len(against) == 0:
		return g.cellName(of)
	case of.Without("server").Key() == against.Without("server").Key():
		return g.cellName(of) + " against " + against.Server()
	}
	return g.cellName(of) + " against " + g.cellName(against)
}

// WriteAttacked writes to a terminal what was tried to overturn the verdicts of a run and what came of it.
func WriteAttacked(w io.Writer, in Input) error {
	in.WithoutCode = true
	t := newTerminal(in)
	t.attacked(newPage(in))
	if missing := refute.Missing(in.Run.Refuted); len(missing) > 0 {
		g := newGrid(in.Analysis.Cells, in.Registry)
		t.line("")
		t.paragraph("title", unit.Many(len(missing), "attack")+" not reached")
		for _, line := range byPair(g, missing) {
			t.hanging("- ", "", line)
		}
	}
	_, err := io.WriteString(w, strings.TrimPrefix(t.b.String(), "\n"))
	return err
}

// byPair returns a line for each pair of cells that attacks are about: its name, and what the attacks change.
func byPair(g grid, attacks []result.Attack) (lines []string) {
	lineOf := map[string]int{}
	for _, a := range attacks {
		name := pairName(g, a.Of, a.Against)
		if i, known := lineOf[name]; known {
			lines[i] += ", " + a.Change
			continue
		}
		lineOf[name] = len(lines)
		lines = append(lines, name+": "+a.Change)
	}
	return lines
}

// attacked writes the table and the sentences of what was tried; nothing if nothing was.
func (t *terminal) attacked(p page) {
	if p.Attacked.empty() {
		return
	}
	t.line("")
	t.paragraph("title", p.Attacked.Caption)
	t.table(p.Attacked, false)
	t.line("")
	for _, s := range p.Survived {
		t.hanging("- ", "", s)
	}
}

// attackedJSON is a verdict with what its attacks found.
type attackedJSON struct {
	Metric  string      `json:"metric"`
	Of      result.Cell `json:"of"`
	Against result.Cell `json:"against" about:"{} where the verdict is about the value itself"`
	Expect  string      `json:"expect" about:"of a prediction; \"\" of a comparison"`
	Word    string      `json:"word"`
	Doubt   float64     `json:"doubt" about:"half-widths between the interval and the bound that decided: the less, the more doubtful"`
	Says    string      `json:"survives"`
	Tried   []triedJSON `json:"tried"`
}

type triedJSON struct {
	Change  string `json:"change"`
	Says    string `json:"says" about:"how it was changed; \"\" where it could not be"`
	Outcome string `json:"outcome" about:"same, turns, undecided, not askable, not reached"`
	Now     string `json:"now" about:"what the attack concluded"`
	Why     string `json:"why" about:"for undecided and not askable"`
}

func newAttackedJSON(r result.Refuted) []attackedJSON {
	out := []attackedJSON{}
	for _, v := range r.Verdicts {
		one := attackedJSON{Metric: v.Metric, Of: v.Of, Against: v.Against, Expect: v.Expect, Word: v.Word, Doubt: v.Doubt, Says: v.Says, Tried: []triedJSON{}}
		if one.Against == nil {
			one.Against = result.Cell{}
		}
		for _, tried := range v.Tried {
			one.Tried = append(one.Tried, triedJSON(tried))
		}
		out = append(out, one)
	}
	return out
}
