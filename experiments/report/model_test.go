package report

import (
	"fmt"
	"strings"
	"testing"

	"socketbench/experiments/report/chart"
	"socketbench/experiments/report/lanes"
)

// The model holds all that the formats write: every sentence, every table and the data of every chart.
func TestModel(t *testing.T) { golden(t, "quick.model", []byte(modelText(newPage(quick(t))))) }

// modelText writes a model in lines that a person can read and compare.
func modelText(p page) string {
	var b strings.Builder
	line := func(format string, v ...any) { fmt.Fprintf(&b, format+"\n", v...) }
	list := func(head string, lines []string) {
		for _, l := range lines {
			line("%s: %s", head, l)
		}
	}
	line("%s, %s, %s\n%s", p.Experiment, p.When, p.Machine, p.Question)
	for _, f := range p.Faults {
		line("fault: %s %q", f.Sentence, f.Words)
	}
	list("state", p.State)
	list("lead", p.Lead)
	for _, d := range p.Designs {
		line("design: %s class %s family %s dash %q mark %d shown %v", d.Name, d.Class, d.Family, d.Dash, d.Mark, d.Shown)
	}
	modelTable(line, p.Served, true)
	modelTable(line, p.Asked, true)
	line("\n%s", p.Tally)
	for _, v := range p.Predictions {
		line("%s (%s): %s\n  %s\n  %s: %s [%s], expected %s; refuted: %s", v.Word, v.Class, v.Claim, v.Sentence, v.About, v.Value, v.Interval, v.Expect, v.Refuted)
	}
	for _, c := range p.Compared {
		line("\ncompared: %s", c.Title)
		modelTable(line, c.Short, true)
		modelTable(line, c.Long, true)
		modelChart(line, c.Chart)
	}
	for _, c := range p.Others {
		modelTable(line, c.Short, false)
	}
	for _, f := range p.Figures {
		line("\nfigure %s: %s\n%s\nlegend %v", f.ID, f.Title, f.Explanation, f.Legend)
		modelChart(line, f.Chart)
		modelTable(line, f.Table, true)
	}
	list("without data", p.Missing)
	modelTable(line, p.Invalid, true)
	for _, t := range p.Marked {
		modelTable(line, t, true)
	}
	list("not measured", p.NotMeasured)
	for _, t := range p.Full {
		modelTable(line, t, false) // the intervals of hundreds of figures say nothing to a reader of this file
	}
	for _, f := range p.Facts {
		line("%s = %s", f.Name, f.Value)
	}
	line("command: %s\nexperiment file: %d bytes", p.Command, len(p.Spec))
	return b.String()
}

// modelTable writes a cell as its text, its class in brackets, its bar in percent and, if asked for, its tip.
func modelTable(line func(string, ...any), t table, tips bool) {
	if t.empty() && t.Note == "" {
		return
	}
	line("\n%s", t.Caption)
	var heads []string
	for _, c := range t.Columns {
		heads = append(heads, c.Head)
	}
	line("%s", strings.Join(heads, " | "))
	for _, r := range t.Rows {
		var cells []string
		for _, c := range r {
			s := c.Text
			if c.Class != "" {
				s += " [" + strings.TrimSpace(c.Class+" "+c.Hue) + "]"
			}
			if c.Share >= 0 {
				s += fmt.Sprintf(" bar %.0f %%", 100*c.Share)
			}
			if tips && c.Tip != "" {
				s += " {" + c.Tip + "}"
			}
			cells = append(cells, s)
		}
		line("%s", strings.Join(cells, " | "))
	}
	if t.Note != "" {
		line("note: %s", t.Note)
	}
}

// modelChart writes the marked points of a line, and counts the others; of lanes it writes how each ended.
func modelChart(line func(string, ...any), d drawable) {
	switch c := d.(type) {
	case chart.Lines:
		line("lines: %s: %+v; %s: %+v", c.XTitle, c.X, c.YTitle, c.Y)
		for _, s := range c.Series {
			var marks []string
			for _, p := range s.Points {
				if p.Tip != "" {
					marks = append(marks, p.Tip)
				}
			}
			line("  %s (%s, mark %d), %d points: %s", s.Name, s.Class, s.Mark, len(s.Points), strings.Join(marks, "; "))
		}
	case chart.Bars:
		line("bars: %s: %+v; ratios %v", c.XTitle, c.X, c.Ratios)
		if c.Band != nil {
			line("  band: %+v", *c.Band)
		}
		for _, g := range c.Groups {
			line("  %s", g.Name)
			if g.Band != nil {
				line("    band: %+v", *g.Band)
			}
			for _, r := range g.Rows {
				line("    %+v", r)
			}
		}
	case lanes.Picture:
		line("lanes: %v to %v", c.From, c.To)
		for _, p := range c.Panels {
			line("  %s: %s", p.Title, p.Note)
			for _, l := range p.Lanes {
				line("    %s: %d spans, %d marks; end %q, bad %v", l.Name, len(l.Spans), len(l.Marks), l.End, l.Bad)
			}
		}
	}
}
