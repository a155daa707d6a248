package cmd

import (
	"fmt"
	"io"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"socketbench/experiments"
	"socketbench/experiments/load"
	"socketbench/experiments/quote"
	"socketbench/experiments/verdict"
)

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
		lipgloss.Fprintln(d.w, quote.Text(verdict.Carries(e.Capacity, e.Loads)))
	case experiments.Planned:
		d.labels = newLabels(e.Plan.Experiment.Servers, d.width()/nameShare)
		lipgloss.Fprintln(d.w, quote.Text(plannedLine(e)))
	case experiments.Started:
		d.begun, d.at, d.now, d.doing = e, time.Now(), load.Progress{}, ""
		d.draw()
	case experiments.Waiting:
		if d.begun.Of == 0 { // a search: its line stands
			return
		}
		d.doing = "waiting until the CPUs are as fast as usual"
		d.draw()
	case experiments.Progress:
		if d.begun.Of == 0 { // a search: its line stands
			return
		}
		d.now, d.doing = e.Now, ""
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
			lipgloss.Fprintln(d.w, loud.Render(quote.Text(trialLine(e, d.labels)))) // this line stays, because the trial needs a look
		}
		d.draw()
	case experiments.Pushing:
		d.clear()
		d.begun = experiments.Started{} // its line stands
		lipgloss.Fprintln(d.w, soft.MaxWidth(d.width()-1).Render(pushingLine(e, d.labels)))
		d.drawn = 1
	case experiments.Pushed:
		d.clear()
		lipgloss.Fprintln(d.w, headroomLine(e))
	case experiments.Profiled:
		d.clear()
		lipgloss.Fprintln(d.w, quote.Text(profileLine(e)))
	case experiments.Ended:
		d.clear()
		lipgloss.Fprintln(d.w, quote.Text(endLine(e)))
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
		lines = append(lines, soft.Render(quote.Text(trialLine(e, d.labels))))
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
