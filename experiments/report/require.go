package report

import (
	"slices"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// requiredWords name the outcomes of a requirement.
var requiredWords = map[verdict.Word]string{verdict.Holds: "meets", verdict.Refuted: "fails", verdict.Undecided: "undecided"}

// required is the table of what is required: a row a design, a column a requirement.
func required(a verdict.Analysis, g grid) (t table, sentences []string) {
	if len(a.Required) == 0 {
		return t, nil
	}
	t.Columns = []column{{Head: "design", Text: true}, {Head: "all", Text: true}}
	for _, m := range a.Required[0].Each {
		t.Columns = append(t.Columns, column{Head: m.Bound})
	}
	t.Columns = append(t.Columns, column{Head: "runs short of first", Text: true})
	for _, r := range a.Required {
		head := named(r.Server, "name")
		for _, d := range g.designs {
			if d.Name == r.Server {
				head = rowHead(d)
			}
		}
		row := []tableCell{head, requiredCell(r.Word, requiredWords[r.Word], "")}
		for _, m := range r.Each {
			text := m.Figure
			if text == "" {
				text = requiredWords[m.Word]
			}
			row = append(row, requiredCell(m.Word, text, m.Sentence))
		}
		t.Rows = append(t.Rows, append(row, plain(r.Short.Clause)))
	}
	t.Note = "Of several conditions the worst counts. A requirement is met, or failed, only if the whole 95 % interval says so."
	return t, slices.Concat(verdict.Backend(a.Experiment), verdict.Decides(a.Required))
}

func requiredCell(w verdict.Word, text, tip string) tableCell {
	sign, class := outcome(w)
	c := named(sign+" "+text, class)
	c.Tip = tip
	return c
}

// requiredJSON is what became of the requirements for one design.
type requiredJSON struct {
	Server  string    `json:"server"`
	Outcome string    `json:"outcome" about:"meets, fails, undecided: of all requirements together"`
	Short   string    `json:"short_of" about:"what it runs short of first: cpu, memory, backend, generator or design; \"\": nothing is half used"`
	Clause  string    `json:"short" about:"the same as a clause, with its figure"`
	Each    []metJSON `json:"each" about:"in the order of the experiment"`
}

type metJSON struct {
	Require  string      `json:"require"`
	Cell     result.Cell `json:"cell" about:"in which it fares worst; {} where it is about none of this design"`
	Outcome  string      `json:"outcome" about:"meets, fails, undecided"`
	Figure   string      `json:"figure"`
	Sentence string      `json:"sentence"`
	Needs    string      `json:"needs" about:"what it would take to tell; \"\" where it can be told"`
}

func newRequiredJSON(list []verdict.Required) []requiredJSON {
	out := []requiredJSON{}
	for _, r := range list {
		one := requiredJSON{Server: r.Server, Outcome: requiredWords[r.Word], Short: r.Short.Of, Clause: r.Short.Clause, Each: []metJSON{}}
		for _, m := range r.Each {
			cell := m.Cell
			if cell == nil {
				cell = result.Cell{}
			}
			one.Each = append(one.Each, metJSON{m.Bound, cell, requiredWords[m.Word], m.Figure, m.Sentence, m.Needs})
		}
		out = append(out, one)
	}
	return out
}
