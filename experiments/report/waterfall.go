package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"socketbench/experiments/load"
	"socketbench/experiments/report/lanes"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// The size of a waterfall.
const (
	mostLanes = 16  // connections drawn for each design
	textLanes = 4   // likewise, on a terminal
	textWidth = 78  // columns there, at most
	stretch   = 300 // answers of the quickest design that the picture is long enough for
)

// waterfalls show the sampled requests of one trial of each design: under the first condition, and under the one in
// which the most designs left clients waiting.
func waterfalls(g grid, in Input) (out []figure) {
	if len(g.conditions) == 0 {
		return nil
	}
	conditions := []condition{g.conditions[0]}
	worst, most := condition{}, 0
	for _, c := range g.conditions[1:] {
		n := 0
		for _, d := range g.designs {
			if got, asked, ok := served(g, d, c); ok && got < asked {
				n++
			}
		}
		if n >= most {
			worst, most = c, n
		}
	}
	if worst.Key != "" {
		conditions = append(conditions, worst)
	}
	for _, c := range conditions {
		if f, ok := waterfall(g, in, c); ok {
			out = append(out, f)
		}
	}
	if len(out) > 1 { // one is enough on a terminal
		out[0].Text, out[1].Explanation = "", ""
	}
	return out
}

func waterfall(g grid, in Input, c condition) (figure, bool) {
	sampled := map[string][]load.Sample{}
	fastest := int64(math.MaxInt64)
	to := time.Duration(math.MaxInt64)
	for _, d := range g.designs[:min(len(g.designs), mostShown)] {
		v, ok := g.at(d, c)
		if !ok {
			continue
		}
		s := samplesOf(in.Run, v.ID)
		if len(s) == 0 {
			continue
		}
		sampled[d.Name] = s
		for _, x := range s {
			if x.Done >= 0 && x.Sent >= 0 {
				fastest = min(fastest, x.Done-x.Sent)
			}
		}
		if end, ok := endOf(s); ok {
			to = min(to, end)
		}
	}
	if len(sampled) == 0 {
		return figure{}, false
	}
	if to == math.MaxInt64 { // no request was answered
		to = time.Second
	}
	title := "Who waits for whom"
	if c.Label != "" {
		title += ", " + c.Label
	}
	picture := lanes.Picture{Title: title, About: "A table follows.", To: to}
	t := table{Caption: title, Columns: []column{{Head: "design", Text: true}, {Head: "connections drawn"}, {Head: "sampled requests drawn"}, {Head: "answered"},
		{Head: "shortest time to an answer"}, {Head: "longest wait drawn"}}}
	for _, d := range g.designs {
		if s, ok := sampled[d.Name]; ok {
			panel, row := panelOf(d, c, s, fastest, to)
			picture.Panels = append(picture.Panels, panel)
			t.Rows = append(t.Rows, row)
		}
	}
	explanation := fmt.Sprintf("A lane for each of up to %d connections, over the first %s of the window.", mostLanes, unit.Format("ns", float64(to)))
	if fastest < math.MaxInt64 {
		explanation += fmt.Sprintf(" The shortest time from request to reply in the picture (%s) is drawn as the time that an answer takes, and the rest of each request's time as waiting. Where a request outlasts the picture, the moment of its reply stands behind the lane.", unit.Format("ns", float64(fastest)))
	}
	width := textWidth
	if in.Width > 0 {
		width = min(width, in.Width)
	}
	return figure{Title: title, Table: t, Explanation: explanation, Chart: picture, Text: fewer(picture, textLanes).Text(width, nil)}, true
}

// fewer returns the picture with at most n lanes in each panel.
func fewer(p lanes.Picture, n int) lanes.Picture {
	p.Panels = slices.Clone(p.Panels)
	for i := range p.Panels {
		p.Panels[i].Lanes = p.Panels[i].Lanes[:min(len(p.Panels[i].Lanes), n)]
	}
	return p
}

// samplesOf are the sampled requests of the cell's first valid trial, in the order of their schedule.
func samplesOf(r result.Run, id result.Cell) []load.Sample {
	for _, t := range r.Trials {
		if t.Counts() && t.Cell.Key() == id.Key() {
			s, err := r.Samples(t)
			if err != nil || len(s) == 0 {
				continue
			}
			slices.SortStableFunc(s, func(a, b load.Sample) int { return int(a.Intended - b.Intended) })
			return s
		}
	}
	return nil
}

// endOf is how long a picture must be to show so many answers as stretch says. It reports false where there is no answer.
func endOf(s []load.Sample) (time.Duration, bool) {
	var done []int64
	for _, x := range s {
		if x.Done > 0 {
			done = append(done, x.Done)
		}
	}
	if len(done) == 0 {
		return 0, false
	}
	slices.Sort(done)
	return time.Duration(done[min(len(done), stretch)-1]), true
}

// panelOf makes the lanes of one trial, and a row of the table that sums them up.
func panelOf(d design, c condition, samples []load.Sample, fastest int64, to time.Duration) (lanes.Panel, []tableCell) {
	panel := lanes.Panel{Title: d.Label, Note: d.Idea}
	for _, f := range []string{"load.mute", "load.idle"} { // clients that are silent
		if n, ok := verdict.Number(c.Cell[f]); ok && n > 0 {
			panel.Lanes = append(panel.Lanes, lanes.Lane{Name: "+" + unit.Tick("count", n), End: "silent",
				Spans: []lanes.Span{{Kind: lanes.Silent, To: to, Open: true, Label: ""}}})
		}
	}
	shortest := int64(math.MaxInt64)
	byConn := map[int][]load.Sample{}
	var order []int
	for _, s := range samples {
		if s.Done >= 0 && s.Sent >= 0 {
			shortest = min(shortest, s.Done-s.Sent)
		}
		if s.Intended < int64(to) && (s.Done < 0 || s.Done > 0) {
			if byConn[s.Conn] == nil {
				order = append(order, s.Conn)
			}
			byConn[s.Conn] = append(byConn[s.Conn], s)
		}
	}
	slices.Sort(order)
	order = order[:min(len(order), mostLanes)]
	drawn, answered, longest := 0, 0, int64(0)
	for _, conn := range order {
		lane := lanes.Lane{Name: fmt.Sprint(conn + 1)}
		got := false
		var free time.Duration = math.MinInt64 // where the lane's last span ended
		add := func(kind lanes.Kind, from, till int64, open bool) {
			f, e := max(time.Duration(from), free), time.Duration(till)
			if open || e > f {
				lane.Spans = append(lane.Spans, lanes.Span{Kind: kind, From: f, To: e, Open: open})
				free = max(e, f)
			}
		}
		session := -1
		for _, s := range byConn[conn] {
			drawn++
			if s.Session != session && s.Open > s.Connect {
				add(lanes.Connecting, s.Connect, s.Open, false)
			}
			session = s.Session
			if s.Done < 0 {
				add(lanes.Waiting, s.Intended, 0, true)
				longest = max(longest, int64(to)-s.Intended)
				break
			}
			got = true
			answered++
			turn := max(s.Done-fastest, s.Intended)
			add(lanes.Waiting, s.Intended, turn, false)
			add(lanes.Serving, turn, s.Done, false)
			longest = max(longest, turn-s.Intended)
		}
		switch first := byConn[conn][0]; {
		case !got:
			lane.End, lane.Bad = "no answer", true
		case first.Done > int64(to): // all that is seen of it is the wait
			lane.End = "until " + unit.Format("ns", float64(first.Done))
		}
		panel.Lanes = append(panel.Lanes, lane)
	}
	short := unit.None
	if shortest != math.MaxInt64 {
		short = unit.Format("ns", float64(shortest))
	}
	return panel, []tableCell{rowHead(d), plain(unit.Count(len(order))), plain(unit.Count(drawn)),
		plain(unit.Count(answered)), plain(short), plain(strings.TrimSpace(unit.Format("ns", float64(longest))))}
}
