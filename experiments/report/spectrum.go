package report

import (
	"fmt"
	"math"

	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/chart"
	"socketbench/experiments/stats"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// marked percentiles have a mark on the line and a column in the table.
var marked = []float64{0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999}

// spectrum is the response times of one cell, from all its trials together.
type spectrum struct {
	histogram  *stats.Histogram
	unanswered stats.Unanswered // the unanswered requests among them
}

// points returns the line of a spectrum, up to the highest percentile that may be shown.
func (s spectrum) points() (points []chart.Point) {
	end, any := stats.Farthest(s.histogram.TotalCount())
	if !any {
		return nil
	}
	at := func(p float64, tip string) chart.Point {
		v := max(float64(s.histogram.Quantile(p)), 1)
		return chart.Point{X: p, Y: v, Tip: tip, Least: stats.AtLeast(v, s.unanswered.Most(p, s.histogram))}
	}
	const perNine = 24 // points from one nine to the next
	next := 0
	for i := 0; ; i++ {
		p := 1 - math.Pow(10, -float64(i)/perNine)
		for next < len(marked) && marked[next] <= min(p, end)+1e-12 {
			m := at(marked[next], "")
			least := ""
			if m.Least {
				least = "at least "
			}
			m.Tip = fmt.Sprintf("%s of requests within %s%s", percentile(marked[next]), least, unit.Format("ns", m.Y))
			if marked[next] == 0 {
				m.Tip = "shortest " + unit.Format("ns", m.Y)
			}
			points = append(points, m)
			next++
		}
		if p > end {
			return points
		}
		if len(points) == 0 || p > points[len(points)-1].X {
			points = append(points, at(p, ""))
		}
	}
}

func percentile(p float64) string { return fmt.Sprintf("%.6g %%", p*100) }

// curve is one line of a chart of spectra.
type curve struct {
	Name, Class string
	of          design
	spectrum
}

// newSpectrum is the spectrum of a cell. It reports false where no histogram was kept.
func newSpectrum(c verdict.Cell) (spectrum, bool) {
	return spectrum{c.Response, c.Unanswered}, c.Response != nil
}

func spectra(g grid, _ Input) []figure {
	return eachSpectrum(g, func(d design, c condition) (curves []curve) {
		if v, ok := g.at(d, c); ok {
			if s, ok := newSpectrum(v); ok {
				curves = append(curves, curve{d.Label, d.Class, d, s})
			}
		}
		return curves
	})
}

// eachSpectrum makes a chart for each of a few conditions, with the curves of every design.
func eachSpectrum(g grid, of func(design, condition) []curve) (out []figure) {
	for _, c := range g.few(mostConditions) {
		title := "Response time, the whole spectrum"
		if c.Label != "" {
			title += ", " + c.Label
		}
		var curves []curve
		for _, d := range g.designs {
			curves = append(curves, of(d, c)...)
		}
		f, ok := spectrumFigure(title, curves)
		if !ok {
			continue
		}
		if len(out) == 0 {
			f.Explanation = "Lower is faster. Each step to the right leaves out nine tenths of the requests that remain. Response time runs from the moment at which the schedule wanted a request sent. A dotted line is a lower bound: requests were still unanswered at the end of the window."
		}
		out = append(out, f)
	}
	return out
}

// spectrumFigure makes one chart of curves. It reports false where there is nothing to draw.
func spectrumFigure(title string, curves []curve) (figure, bool) {
	l := chart.Lines{Title: title, XTitle: "share of requests answered within that time", YTitle: "response time"}
	t := table{Caption: title, Columns: []column{{Head: "design", Text: true}}}
	lo, hi, last := math.Inf(1), 0.0, 0.9
	var drawn []curve
	for _, c := range curves {
		points := c.points()
		if len(points) == 0 {
			continue
		}
		drawn = append(drawn, c)
		l.Series = append(l.Series, chart.Series{Name: c.Name, Class: c.Class, Mark: c.of.Mark, Hidden: !c.of.Shown, Points: points})
		for _, p := range points {
			lo, hi, last = min(lo, p.Y), max(hi, p.Y), max(last, p.X)
		}
	}
	if len(drawn) == 0 {
		return figure{}, false
	}
	l.X = axis.Axis{Kind: axis.Percentile, Min: 0, Max: last}
	l.Y = axis.Axis{Kind: axis.Log, Unit: "ns", Min: lo, Max: hi}.Nice(6)
	for _, m := range marked {
		if m <= last {
			head := percentile(m)
			if m == 0 {
				head = "shortest"
			}
			t.Columns = append(t.Columns, column{Head: head})
		}
	}
	for i, c := range drawn {
		row := []tableCell{rowHead(design{Label: c.Name, Family: c.of.Family})}
		for _, m := range marked {
			if m > last {
				break
			}
			entry := absent(tooFew)
			for _, p := range l.Series[i].Points {
				if p.X == m && p.Tip != "" {
					entry = plain(unit.Format("ns", p.Y))
					if p.Least {
						entry.Text = atLeastSign + entry.Text
					}
				}
			}
			row = append(row, entry)
		}
		t.Rows = append(t.Rows, row)
	}
	return figure{Title: title, Legend: true, Chart: l, Table: t}, true
}
