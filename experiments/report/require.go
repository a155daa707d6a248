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
	searched := slices.ContainsFunc(a.Required, func(r verdict.Required) bool { return r.Headroom != nil })
	if searched {
		t.Columns = append(t.Columns, column{Head: "headroom", Tip: "how many times the rate until it fails what is required"})
	}
	short := slices.ContainsFunc(a.Required, func(r verdict.Required) bool { return r.Short.Clause != "" })
	if short {
		t.Columns = append(t.Columns, column{Head: "runs short of first", Text: true})
	}
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
		if searched {
			row = append(row, headroomCell(r.Headroom))
		}
		if short {
			row = append(row, plain(r.Short.Clause))
		}
		t.Rows = append(t.Rows, row)
	}
	t.Note = "Of several conditions the worst counts. A requirement is met, or failed, only if the whole 95 % interval says so."
	if beyond := a.Experiment.Beyond; beyond > 0 {
		t.Note += " Extrapolated: nobody has measured that memory; a line over the crowds that this machine holds gives it, and all else is about these crowds."
	}
	return t, slices.Concat(a.Backend(), verdict.Decides(a.Required))
}

func headroomCell(h *verdict.Headroom) tableCell {
	if h == nil {
		return absent("it fails what is required, or has too few trials")
	}
	c := plain(h.String())
	c.Tip = h.Sentence
	return c
}

// extrapolated are sentences on the memory with more idle clients than were measured; none where that is not asked.
func extrapolated(a verdict.Analysis) (sentences []string) {
	for _, r := range a.Required {
		if r.Memory != nil {
			sentences = append(sentences, r.Memory.Sentence)
		}
	}
	return sentences
}

// headrooms are sentences on how much more load each design takes; none where that was not searched.
func headrooms(a verdict.Analysis) (sentences []string) {
	for _, r := range a.Required {
		if r.Headroom != nil {
			sentences = append(sentences, r.Headroom.Sentence)
		}
	}
	return sentences
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

	Headroom *headroomJSON `json:"headroom" about:"how much more load it takes; null where that was not searched"`
	Memory   *memoryJSON   `json:"extrapolated" about:"its memory (rss_peak) with more idle clients than were measured; null where that is not asked"`
}

// memoryJSON is a memory that was extrapolated, in bytes.
type memoryJSON struct {
	Idle      int      `json:"idle" about:"clients that it is extrapolated to"`
	Crowds    []int    `json:"crowds" about:"that were measured"`
	Value     *float64 `json:"value" about:"null where it cannot be extrapolated"`
	Low       *float64 `json:"low"`
	High      *float64 `json:"high"`
	PerClient *float64 `json:"per_client"`
	Sentence  string   `json:"sentence"`
}

func newMemoryJSON(x *verdict.Extrapolated) *memoryJSON {
	if x == nil {
		return nil
	}
	out := &memoryJSON{Idle: x.Idle, Crowds: append([]int{}, x.Crowds...), Sentence: x.Sentence}
	if x.Why == "" {
		out.Value, out.Low, out.High, out.PerClient = finite(x.Bytes), finite(x.Low), finite(x.High), finite(x.PerClient)
	}
	return out
}

// headroomJSON is how much more load a design takes, under the condition in which that is least.
type headroomJSON struct {
	Cell     result.Cell `json:"cell"`
	Rate     float64     `json:"rate" about:"requests/s that the experiment asks for"`
	Times    float64     `json:"times" about:"how many times that rate it meets all that is required; 0: not even once"`
	AtLeast  bool        `json:"at_least" about:"it may take more: nothing failed in the search, or the generator gave out"`
	FailsAt  *float64    `json:"fails_at" about:"the least multiple at which something failed; null: none was found"`
	Fails    string      `json:"fails" about:"what failed there, as a clause"`
	Short    string      `json:"short_of" about:"what gave out there: cpu, memory, backend, connections, generator or design; \"\": nothing was half used"`
	Sentence string      `json:"sentence"`
	Trials   []pushJSON  `json:"trials" about:"the short trials of the search, in order"`
}

type pushJSON struct {
	Times   float64            `json:"times"`
	Rate    float64            `json:"rate" about:"requests/s"`
	Metrics map[string]float64 `json:"metrics"`
	Fault   string             `json:"fault" about:"what the server did that no server may; \"\": nothing"`
	Late    bool               `json:"late" about:"the generator had no CPU left, or sent too late"`
	Spoilt  string             `json:"spoilt" about:"why the trial says nothing about the server; \"\": it does"`
}

func newHeadroomJSON(h *verdict.Headroom) *headroomJSON {
	if h == nil {
		return nil
	}
	out := &headroomJSON{Cell: h.Search.Cell, Rate: h.Search.Rate, Times: h.Met, AtLeast: h.AtLeast(), FailsAt: above(h.Failed), Fails: h.Fails,
		Short: h.Short.Of, Sentence: h.Sentence, Trials: []pushJSON{}}
	for _, p := range h.Search.Pushes {
		out.Trials = append(out.Trials, pushJSON(p))
	}
	return out
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
		one := requiredJSON{Server: r.Server, Outcome: requiredWords[r.Word], Short: r.Short.Of, Clause: r.Short.Clause, Each: []metJSON{}, Headroom: newHeadroomJSON(r.Headroom), Memory: newMemoryJSON(r.Memory)}
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
