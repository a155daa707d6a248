package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A plotter makes the figures that an experiment asks for by one name in its `charts`. It makes none where the run has
// no data for them.
type plotter struct {
	Name string
	Auto bool // also drawn for an experiment that names no charts, where there is data
	Make func(grid, Input) []figure
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

func figures(g grid, in Input) (out []figure, missing []string) {
	wanted := in.Analysis.Experiment.Charts
	for _, p := range plotters {
		asked := slices.Contains(wanted, p.Name)
		if !asked && !(p.Auto && len(wanted) == 0) {
			continue
		}
		made := p.Make(g, in)
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

// few are at most n conditions, the first and the last among them, which have a chart each. The tables have all.
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
	var columns []column
	for _, c := range g.conditions {
		columns = append(columns, column{Head: cmp.Or(c.Label, metricName(metric))})
	}
	t := designTable(caption, g.designs, columns, func(d design, i int) tableCell {
		v := figureCell(g, d, g.conditions[i], metric)
		if s, ok := g.metric(d, g.conditions[i], metric); ok && s.High > s.Low {
			cell, _ := g.at(d, g.conditions[i])
			v.Text = summaryText(metric, s) + " [" + interval(unitOf(metric), s.Low, s.High) + "]" + atSaturation(cell, metric)
		}
		return v
	})
	t.Note = strings.Join(notesOfSigns(t), " ")
	return t
}
