package report

import (
	"io"
	"strings"

	"socketbench/experiments/quote"
	"socketbench/experiments/unit"
	"socketbench/servers/foreign"
)

// writeText writes the report for a terminal.
func writeText(w io.Writer, p page, in Input) error {
	t := newTerminal(in)
	head := p.Experiment
	if p.When != "" {
		head += ", " + p.When
	}
	t.paragraph("soft", head+strings.TrimRight(", "+p.Machine, ", "))
	t.paragraph("title", p.Question)
	for _, f := range p.Faults {
		t.line("")
		t.hanging("✗ ", "bad", f.Sentence)
		t.lastWords(f.Words)
	}
	for _, s := range p.State {
		t.line("")
		t.paragraph("bad", s)
	}
	if !p.Served.empty() {
		t.line("")
		t.table(p.Served, true)
		if !p.Asked.empty() {
			t.line("")
			t.paragraph("title", p.Asked.Caption)
			t.table(p.Asked, true)
		}
		t.line("")
		for _, s := range p.Lead {
			t.paragraph("", s)
		}
	}
	if !p.Required.empty() {
		t.line("")
		t.paragraph("title", "What is required")
		t.table(p.Required, false)
		t.line("")
		t.paragraph("", strings.Join(p.Decides, " "))
		t.further(p)
	}
	if len(p.Predictions) > 0 {
		t.line("")
		t.paragraph("title", p.Tally)
		for _, v := range p.Predictions {
			sign, class := outcome(v.Word)
			t.line("")
			t.hanging(sign+" ", class, string(v.Word)+": "+v.Claim)
			t.hanging("  ", "", v.Sentence)
			if v.Refuted != "" {
				t.hanging("  ", "soft", "what that means: "+v.Refuted)
			}
			if v.Survives != "" {
				t.hanging("  ", "soft", v.Survives)
			}
		}
	}
	for _, c := range p.Compared {
		t.line("")
		t.paragraph("title", c.Title)
		t.table(c.Short, false)
	}
	t.attacked(p)
	for _, f := range p.Figures {
		if f.Text != "" {
			t.line("")
			t.paragraph("title", f.Title)
			t.b.WriteString(quote.Lines(f.Text))
			t.paragraph("soft", f.Explanation)
		}
	}
	t.problems(p.Invalid)
	for _, list := range p.Marked {
		t.problems(list)
	}
	if len(p.NotMeasured) > 0 {
		t.line("")
		t.paragraph("title", "What this does not say")
		for _, s := range p.NotMeasured {
			t.hanging("- ", "", s)
		}
	}
	if in.Published != "" {
		t.line("")
		t.paragraph("soft", in.Published)
	}
	if p.Command != "" {
		t.line("")
		t.line(t.paint("soft", "to repeat it: "+quote.Lines(p.Command))) // not wrapped, so that it can be copied
		if len(in.Run.Manifest.Loads) > 0 {
			t.line(t.paint("soft", "at the same rates: with --rates "+quote.Lines(foreign.ShellLine(in.Run.Dir))))
		}
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

// WriteAnswer writes to a terminal which designs meet what is required, in a table and in sentences. cut says which clients
// of the service did not fit on this machine, so that the answer is not about them.
func WriteAnswer(w io.Writer, in Input, cut []string) error {
	in.WithoutCode = true
	p := newPage(in)
	t := newTerminal(in)
	for _, f := range p.Faults {
		t.hanging("✗ ", "bad", f.Sentence)
	}
	for _, s := range p.State {
		t.paragraph("bad", s)
	}
	t.table(p.Required, false)
	t.line("")
	for _, s := range p.Decides {
		t.paragraph("title", s)
	}
	for _, s := range cut {
		t.paragraph("bad", "This is the answer for "+s+".")
	}
	if beyond := in.Analysis.Experiment.Beyond; beyond > 0 {
		t.paragraph("bad", "The memory alone (rss_peak) is about "+unit.Count(beyond)+" idle clients: it is extrapolated.")
	}
	t.further(p)
	t.line("")
	for _, r := range in.Analysis.Required {
		if m, ok := r.Deciding(); ok {
			sign, class := outcome(m.Word)
			t.hanging(sign+" ", class, m.Sentence+needs(m.Needs))
		}
	}
	t.line("")
	t.line(t.paint("soft", "the whole report: socketbench report "+quote.Lines(foreign.ShellLine(in.Run.Dir))))
	_, err := io.WriteString(w, t.b.String())
	return err
}

// further writes the memory of the designs where that is extrapolated, and how much more load they take.
func (t *terminal) further(p page) {
	if len(p.Further) > 0 {
		t.line("")
	}
	for _, s := range p.Further {
		t.hanging("- ", "", s)
	}
}

// needs is a further sentence about what it would take to tell.
func needs(what string) string {
	if what == "" {
		return ""
	}
	return " To tell: " + what + "."
}
