package cmd

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"socketbench/experiments"
	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/quote"
	"socketbench/experiments/report/wrap"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// A display shows a run's events to a person. close leaves the terminal as it was.
type display interface {
	event(experiments.Event)
	close()
}

// newDisplay redraws a few lines if w is a terminal, and otherwise prints a plain line for each trial.
func newDisplay(w io.Writer) display {
	if width := liveWidth(w); width != nil && os.Getenv("TERM") != "dumb" {
		return &liveRun{w: w, width: width}
	}
	return &plainRun{w: w}
}

// plainRun prints a line for each trial, for logs.
type plainRun struct {
	w      io.Writer
	labels labels
}

func (*plainRun) close() {}

func (d *plainRun) event(e experiments.Event) {
	switch e := e.(type) {
	case experiments.Found:
		fmt.Fprintln(d.w, verdict.Carries(e.Capacity, e.Loads))
	case experiments.Planned:
		d.labels = newLabels(e.Plan.Experiment.Servers, 0)
		fmt.Fprintln(d.w, plannedLine(e))
	case experiments.Lost:
		fmt.Fprintln(d.w, lostLine(e))
	case experiments.Finished:
		fmt.Fprintln(d.w, trialLine(e, d.labels))
	case experiments.Profiled:
		fmt.Fprintln(d.w, profileLine(e))
	case experiments.Ended:
		fmt.Fprintln(d.w, endLine(e))
	}
}

// liveRun shows how far a run is, the trial under way, and the last ones.
type liveRun struct {
	w      io.Writer
	width  func() int
	labels labels
	drawn  int // lines of the last picture
	begun  experiments.Started
	at     time.Time // when begun was told
	now    load.Progress
	doing  string // of a run over several machines: what its agents do
	last   []experiments.Finished
}

// lostLine says that an agent was lost.
func lostLine(e experiments.Lost) string {
	return fmt.Sprintf("agent %s is lost (%s); trial %d is carried out again", e.Agent, quote.Error(e.Err), e.Trial.Order+1)
}

// A name may take one part in nameShare of the width, so that the figures behind it are seen too.
const nameShare = 3

// recent is how many finished trials a live display shows.
const recent = 5

var (
	soft = lipgloss.NewStyle().Faint(true)
	bold = lipgloss.NewStyle().Bold(true)
	loud = lipgloss.NewStyle().Foreground(lipgloss.Color("9"))
)

func (d *liveRun) event(e experiments.Event) {
	switch e := e.(type) {
	case experiments.Searching:
		lipgloss.Fprintln(d.w, soft.MaxWidth(d.width()-1).Render(searchLine(e)))
		d.drawn = 1
	case experiments.Found:
		d.clear()
		lipgloss.Fprintln(d.w, verdict.Carries(e.Capacity, e.Loads))
	case experiments.Planned:
		d.labels = newLabels(e.Plan.Experiment.Servers, d.width()/nameShare)
		lipgloss.Fprintln(d.w, plannedLine(e))
	case experiments.Started:
		d.begun, d.at, d.now, d.doing = e, time.Now(), load.Progress{}, ""
		d.draw()
	case experiments.Progress:
		if d.begun.Of == 0 { // a search: its line stands
			return
		}
		d.now = e.Now
		d.draw()
	case experiments.Step:
		if d.begun.Of > 0 {
			d.doing = stepText(e)
			d.draw()
		}
	case experiments.InWindow:
		if d.begun.Of > 0 {
			d.doing = windowText(e)
			d.draw()
		}
	case experiments.Lost:
		d.clear()
		lipgloss.Fprintln(d.w, loud.Render(lostLine(e)))
	case experiments.Finished:
		d.last = append(d.last, e)
		d.last = d.last[max(0, len(d.last)-recent):]
		if !e.Result.Valid {
			d.clear()
			lipgloss.Fprintln(d.w, loud.Render(trialLine(e, d.labels))) // this line stays, because the trial needs a look
		}
		d.draw()
	case experiments.Profiled:
		d.clear()
		lipgloss.Fprintln(d.w, profileLine(e))
	case experiments.Ended:
		d.clear()
		lipgloss.Fprintln(d.w, endLine(e))
	}
}

func (d *liveRun) close() { d.clear() }

// clear removes the last picture.
func (d *liveRun) clear() {
	if d.drawn > 0 {
		fmt.Fprintf(d.w, "\x1b[%dF\x1b[J", d.drawn)
		d.drawn = 0
	}
}

func (d *liveRun) draw() {
	width := d.width()
	lines := d.picture(width)
	var b strings.Builder
	if d.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dF\x1b[J", d.drawn)
	}
	for _, l := range lines {
		b.WriteString(lipgloss.NewStyle().MaxWidth(width-1).Render(l) + "\n")
	}
	lipgloss.Fprint(d.w, b.String())
	d.drawn = len(lines)
}

// picture is the display's lines, before they are cut to the terminal's width.
func (d *liveRun) picture(width int) (lines []string) {
	for _, e := range d.last {
		lines = append(lines, soft.Render(trialLine(e, d.labels)))
	}
	s := d.begun
	left := max(0, s.Left-time.Since(d.at)).Round(time.Second)
	where := fmt.Sprintf(" block %d of %d, trial %d of %d, about %v left", s.Trial.Block+1, s.Blocks, s.Number, s.Of, left)
	if s.Again {
		where = " again:" + where
	}
	bar := max(10, min(40, width-len(where)-2))
	full := bar * (s.Number - 1) / max(1, s.Of)
	lines = append(lines, strings.Repeat("█", full)+soft.Render(strings.Repeat("░", bar-full))+where)
	cell := bold.Render(d.labels.cell(s.Cell.ID))
	switch {
	case d.doing != "":
		cell += "  " + d.doing
	case d.now.Completed == 0 && d.now.Elapsed == 0:
		cell += "  starting"
	case d.now.Elapsed < 0:
		cell += "  warming up"
	default:
		cell += fmt.Sprintf("  %.0f/s", d.now.Rate)
		if d.now.P99 > 0 {
			cell += fmt.Sprintf(", p50 %s, p99 %s", shortTime(float64(d.now.P50)), shortTime(float64(d.now.P99)))
		}
		cell += fmt.Sprintf(", %d of %d served", d.now.Served, s.Cell.Load.Connections)
	}
	return append(lines, cell)
}

// stepText says how far the agents of a trial are, and who is waited for.
func stepText(e experiments.Step) string {
	done, clients := 0, 0
	var waiting []string
	for _, a := range e.Agents {
		if !a.Done {
			waiting = append(waiting, a.Name)
			continue
		}
		done++
		clients += a.Clients
	}
	text := fmt.Sprintf("%s: %d of %s", e.Doing, done, unit.Many(len(e.Agents), "agent"))
	if e.Doing == "connecting" && clients > 0 {
		text += fmt.Sprintf(", %s", unit.Many(clients, "client"))
	}
	if n := len(waiting); n > mostWaiting {
		waiting = append(waiting[:mostWaiting], fmt.Sprintf("%d more", n-mostWaiting))
	}
	if len(waiting) > 0 {
		text += ", waiting for " + strings.Join(waiting, ", ")
	}
	return text
}

// mostWaiting is how many of the agents that are waited for are named.
const mostWaiting = 3

// windowText says how far a window is of which nothing is told before it is over.
func windowText(e experiments.InWindow) string {
	if e.Elapsed < 0 {
		return "warming up"
	}
	return fmt.Sprintf("%.1f of %.1f s measured; the agents are silent until then", e.Elapsed.Seconds(), e.Of.Seconds())
}

func searchLine(e experiments.Searching) string {
	line := fmt.Sprintf("measuring what %s carries here", cellName(e.Search.Cell.ID))
	if e.Of > 1 {
		line += fmt.Sprintf(", %d of %d", e.Number, e.Of)
	}
	return line
}

func plannedLine(e experiments.Planned) string {
	trials := unit.Many(len(e.Plan.Trials)-e.Done, "trial")
	if e.Done > 0 {
		trials += fmt.Sprintf(" of %d to measure", len(e.Plan.Trials))
	}
	return fmt.Sprintf("%s: %s, about %s, seed %d, into %s", e.Plan.Experiment.Name, trials, rough(e.Length), e.Plan.Seed, e.Dir)
}

func endLine(e experiments.Ended) string {
	if !e.Complete { // what was given up would count as neither warm-up nor window
		return fmt.Sprintf("%s measured, after %s; %s", were(len(e.Run.Final()), "trial"), rough(e.Wall), e.Decision)
	}
	trials := unit.Many(e.Measured, "trial")
	switch n := len(e.Run.Final()); {
	case e.Measured+e.Again == 0:
		return fmt.Sprintf("nothing left to measure: %s are stored; %s", unit.Many(n, "trial"), e.Decision)
	case e.Measured < n:
		trials += fmt.Sprintf(" more, %d in all,", n)
	}
	if e.Again > 0 {
		trials += fmt.Sprintf(" and %d again", e.Again)
	}
	return fmt.Sprintf("%s in %s, of which %.0f %% was neither warm-up nor window; %s", trials, rough(e.Wall), e.Overhead*100, e.Decision)
}

func profileLine(e experiments.Profiled) string {
	if e.Err != nil {
		return fmt.Sprintf("%s profile of %s: %v", e.Kind, cellName(e.Cell), e.Err)
	}
	tool := "trace"
	if e.Kind == host.ProfileCPU {
		tool = "pprof"
	}
	return fmt.Sprintf("%s profile of %s: go tool %s %s", e.Kind, cellName(e.Cell), tool, e.Path)
}

// trialLine describes one trial: how many were served, how late, at what cost, and what else to know.
func trialLine(e experiments.Finished, names labels) string {
	m := e.Result.Metrics
	var b strings.Builder
	if e.Again {
		b.WriteString("again: ")
	}
	fmt.Fprintf(&b, "%*d/%d block %d/%d  %s", len(fmt.Sprint(e.Of)), e.Number, e.Of, e.Trial.Block+1, e.Blocks, names.cell(e.Cell.ID))
	if e.Trial.Label != result.LabelFirst {
		fmt.Fprintf(&b, " (%s)", e.Trial.Label)
	}
	if served, ok := m[metric.Served]; ok {
		fmt.Fprintf(&b, ":  served %.0f of %.0f", served, served+m[metric.Unserved])
	}
	if share, ok := m[metric.Answered]; ok && share < 1 {
		fmt.Fprintf(&b, ", answered %s", unit.Format("share", share))
	}
	if p99, ok := m[metric.LatencyP99]; ok && m[metric.Completed] > 0 {
		fmt.Fprintf(&b, ", %.0f/s, p99 %v", m[metric.AchievedRate], shortTime(p99))
	}
	if cpu, ok := m[metric.CPUPerRequest]; ok {
		fmt.Fprintf(&b, ", CPU %v a request", shortTime(cpu))
	}
	if e.Result.ServerLimited {
		b.WriteString(", server at its limit")
	}
	if !e.Result.Valid {
		b.WriteString("  INVALID")
	}
	if e.Result.Fault.Kind != "" && e.Result.Valid { // the reasons of an invalid trial say it
		fmt.Fprintf(&b, "  [the server %s]", e.Result.Fault)
	}
	for _, why := range e.Result.Reasons {
		if !e.Result.ServerLimited || why.RestsOn != metric.ServerCPU {
			fmt.Fprintf(&b, "  [%s]", why)
		}
	}
	return b.String()
}

// labels are the names of servers as a display shows them: no two look the same.
type labels map[string]string

// newLabels makes the labels of a run in at most so many columns each; 0: as many as they need.
func newLabels(servers []string, columns int) labels {
	list := labels(quote.Apart(servers))
	if columns > 0 {
		shown := make([]string, len(servers))
		for i, s := range servers {
			shown[i] = list[s]
		}
		for i, short := range wrap.Names(shown, columns) {
			list[servers[i]] = short
		}
	}
	return list
}

// cell writes a cell in one line: its server, then what varies.
func (l labels) cell(c result.Cell) string {
	words := []string{cmp.Or(l[c.Server()], quote.Text(c.Server()))}
	for _, key := range slices.Sorted(maps.Keys(c)) {
		if key != "server" {
			words = append(words, fmt.Sprintf("%s=%v", key, c[key]))
		}
	}
	return strings.Join(words, " ")
}

// cellName writes a cell in one line.
func cellName(c result.Cell) string { return labels(nil).cell(c) }

// shortTime writes nanoseconds with three digits.
func shortTime(ns float64) string {
	d := time.Duration(ns)
	unit := time.Duration(1)
	for unit*1000 <= d {
		unit *= 10
	}
	return d.Round(unit).String()
}

// were counts things, with the verb: "1 trial is", "9 trials are".
func were(n int, thing string) string {
	if n == 1 {
		return "1 " + thing + " is"
	}
	return unit.Many(n, thing) + " are"
}

// rough writes a time that a person waits for, without digits that do not matter.
func rough(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
