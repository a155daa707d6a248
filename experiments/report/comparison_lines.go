package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"socketbench/experiments/quote"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// comparedLines are a comparison in sentences, the same in every format.
type comparedLines struct {
	Warnings  []string
	Moved     []movedLine // better or worse
	Undecided []movedLine // the one with the widest interval first
	Equal     []movedLine
	Tally     string
	Gate      []movedLine
	GateTally string
	GateHolds bool
}

// movedLine is the verdict on one figure.
type movedLine struct{ Sign, Class, Sentence string }

func newComparedLines(p Pair) comparedLines {
	out := comparedLines{Warnings: p.Across.Warnings, Tally: changeTally(p.Across.Changes)}
	if p.Across.Same {
		out.Warnings = append([]string{"both directories hold the same run, trial by trial: nothing was measured a second time"}, out.Warnings...)
	}
	changes := slices.Clone(p.Across.Changes)
	slices.SortStableFunc(changes, func(a, b verdict.Change) int { return cmp.Compare(b.Width, a.Width) })
	for _, c := range p.Across.Changes {
		switch c.Word {
		case verdict.Faster, verdict.Slower:
			out.Moved = append(out.Moved, changeLine(c))
		case verdict.Tie:
			out.Equal = append(out.Equal, changeLine(c))
		}
	}
	for _, c := range changes {
		if c.Word == verdict.Undecided {
			out.Undecided = append(out.Undecided, changeLine(c))
		}
	}
	out.Gate, out.GateTally = gateLines(p.Gate, p.All)
	out.GateHolds = p.Gate != nil && p.Gate.Word() == verdict.Holds
	return out
}

func changeLine(c verdict.Change) movedLine {
	sign, class := outcome(c.Word)
	return movedLine{sign, class, c.Sentence}
}

// changeTally counts the verdicts: "40 figures: 2 better, 1 worse, 30 equal, 7 undecided."
func changeTally(changes []verdict.Change) string {
	count := map[verdict.Word]int{}
	for _, c := range changes {
		count[c.Word]++
	}
	return fmt.Sprintf("%s: %d better, %d worse, %d equal, %d undecided.", unit.Many(len(changes), "figure"),
		count[verdict.Faster], count[verdict.Slower], count[verdict.Tie], count[verdict.Undecided])
}

// ComparisonFormats are the formats of [WriteComparison].
var ComparisonFormats = []string{"text", "html", "json"}

// WriteComparison writes the comparison of two runs. All formats have the same sentences. An error is that of w or says
// that the format is unknown.
func WriteComparison(format string, w io.Writer, p Pair) error {
	switch format {
	case "text":
		return writePairText(w, p)
	case "html":
		return writePairPage(w, p)
	case "json":
		return writePairJSON(w, p)
	}
	return fmt.Errorf("compare: no format %q; there are text, html and json", format)
}

// mostUndecided is how many undecided figures the format text lists. It counts the others.
const mostUndecided = 10

func writePairText(w io.Writer, p Pair) error {
	lines := newComparedLines(p)
	var b strings.Builder
	for _, s := range lines.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", s)
	}
	list := func(lines []movedLine) {
		for _, l := range lines {
			fmt.Fprintf(&b, "%s %s\n", l.Sign, l.Sentence)
		}
	}
	list(lines.Moved)
	undecided := lines.Undecided
	if !p.All {
		undecided = undecided[:min(len(undecided), mostUndecided)]
	}
	if len(undecided) > 0 {
		b.WriteString("Undecided, the widest interval first:\n")
	}
	list(undecided)
	if n := len(lines.Undecided) - len(undecided); n > 0 {
		fmt.Fprintf(&b, "%d more are undecided; --all lists them\n", n)
	}
	if p.All {
		list(lines.Equal)
	}
	fmt.Fprintln(&b, lines.Tally)
	list(lines.Gate)
	if lines.GateTally != "" {
		fmt.Fprintln(&b, lines.GateTally)
	}
	_, err := io.WriteString(w, quote.Lines(b.String()))
	return err
}

// pairJSON is the document of compare --json. No key is ever missing: a value that is not known is null, and an empty
// list is [].
type pairJSON struct {
	Schema   int          `json:"schema" about:"of this document: 1"`
	Warnings []string     `json:"warnings"`
	Same     bool         `json:"same" about:"both are one run"`
	Changed  []string     `json:"changed" about:"what the second run asked that the first did not"`
	Changes  []changeJSON `json:"changes"`
	Tally    string       `json:"tally"`
	Broken   []string     `json:"broken" about:"the bounds that are broken, in sentences"`
	Gate     gateJSON     `json:"gate"`
}

// changeJSON is one figure of one cell. The ratio is that of before and after, which are the geometric mean of the
// trials, or the mean of a count.
type changeJSON struct {
	Cell     result.Cell `json:"cell"`
	Metric   string      `json:"metric"`
	Unit     string      `json:"unit"`
	Before   *float64    `json:"before"`
	After    *float64    `json:"after"`
	Ratio    *float64    `json:"ratio"`
	Low      *float64    `json:"low" about:"of the 95 % interval of ratio"`
	High     *float64    `json:"high" about:"null also where it has no end"`
	Word     string      `json:"word"`
	Why      string      `json:"why"`
	Width    *float64    `json:"width" about:"of what is undecided: the largest factor of change that is not excluded"`
	Sentence string      `json:"sentence"`
	Marks    []string    `json:"marks" about:"what limited either figure, such as 'the first run was at saturation in 3 of 3 blocks'"`
}

func writePairJSON(w io.Writer, p Pair) error {
	lines := newComparedLines(p)
	out := pairJSON{Schema: 1, Warnings: orEmpty(lines.Warnings), Same: p.Across.Same, Changed: orEmpty(p.Across.Changed),
		Changes: []changeJSON{}, Tally: lines.Tally, Broken: []string{}, Gate: newGateJSON(p.Gate)}
	for _, f := range out.Gate.Findings {
		if f.Outcome == gateWords[verdict.Refuted] {
			out.Broken = append(out.Broken, f.Bound+" is broken by "+f.Sentence)
		}
	}
	for _, c := range p.Across.Changes {
		out.Changes = append(out.Changes, changeJSON{Cell: c.Cell, Metric: c.Metric, Unit: unitOf(c.Metric),
			Before: figureJSON(c.A), After: figureJSON(c.B), Ratio: above(c.Ratio), Low: above(c.Low), High: above(c.High),
			Word: string(c.Word), Why: c.Why, Width: above(c.Width), Sentence: c.Sentence, Marks: orEmpty(c.Marks)})
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	_, err = w.Write(append(quote.JSON(text), '\n'))
	return err
}

func figureJSON(f verdict.Figure) *float64 {
	if !f.Known {
		return nil
	}
	return finite(f.Center)
}

// finite is v, or null where JSON cannot write it.
func finite(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	return &v
}

// above is a factor, or null where there is none: no factor is 0.
func above(v float64) *float64 {
	if v <= 0 {
		return nil
	}
	return finite(v)
}

// orEmpty is a list that JSON writes as [] where it is empty, and not as null.
func orEmpty[T any](list []T) []T { return append([]T{}, list...) }
