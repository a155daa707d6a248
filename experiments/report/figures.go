package report

import (
	"fmt"
	"html/template"
	"slices"

	"socketbench/experiments/spec"
)

// Widths of a picture, in pixels: beside a page's margins on a desk, and on a telephone.
const (
	wide   = 960
	narrow = 342
)

// draw draws a chart at both widths.
func draw(c interface{ SVG(float64) string }) drawing {
	return drawing{Wide: template.HTML(c.SVG(wide)), Narrow: template.HTML(c.SVG(narrow))}
}

// A plotter makes the figures of one name in an experiment's `charts`; none where the run has no data
// for it.
type plotter struct {
	Name string
	Auto bool // also drawn for an experiment that names no charts, where there is data
	Make func(g grid, in Input, e spec.Experiment) []figure
}

// plotters lists the charts in the order in which a report shows them.
var plotters = []plotter{
	{"waterfall", false, waterfalls},
	{"spectrum", true, spectra},
	{"knee", true, knees},
	{"scaling", true, scalings},
	{"cost", true, costs},
	{"memory", true, memories},
	{"fairness", true, fairnesses},
}

func figures(g grid, in Input, e spec.Experiment) (out []figure, missing []string) {
	for _, p := range plotters {
		asked := slices.Contains(e.Charts, p.Name)
		if !asked && !(p.Auto && len(e.Charts) == 0) {
			continue
		}
		made := p.Make(g, in, e)
		if len(made) == 0 && asked {
			missing = append(missing, p.Name)
		}
		for i, f := range made {
			f.ID = p.Name
			if i > 0 {
				f.ID = fmt.Sprintf("%s-%d", p.Name, i+1)
			}
			out = append(out, f)
		}
	}
	return out, missing
}

// few are the conditions that have a picture each; the tables have all.
func (g grid) few(n int) []condition {
	if len(g.conditions) <= n {
		return g.conditions
	}
	out := make([]condition, 0, n)
	for i := range n {
		out = append(out, g.conditions[i*(len(g.conditions)-1)/(n-1)])
	}
	return out
}

// metricTable is one metric of every cell: designs down, conditions across.
func metricTable(g grid, caption, metric string) table {
	t := table{Caption: caption, Columns: []column{{Head: "design", Text: true}}}
	for _, c := range g.conditions {
		head := c.Label
		if head == "" {
			head = metricName(metric)
		}
		t.Columns = append(t.Columns, column{Head: head})
	}
	for _, d := range g.designs {
		row := []cell{{Text: d.Name, Class: "name", Hue: d.Family, Share: -1}}
		for _, c := range g.conditions {
			v := figureCell(g, d, c, metric)
			if s, ok := g.metric(d, c, metric); ok && s.High > s.Low {
				v.Text += " [" + interval(unitOf(metric), s.Low, s.High) + "]"
			}
			row = append(row, v)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
