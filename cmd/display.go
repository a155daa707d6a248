package cmd

import (
	"fmt"
	"io"

	"socketbench/experiments"
	"socketbench/experiments/verdict"
)

// A display shows a run's events to a person. close leaves the terminal as it was.
type display interface {
	event(experiments.Event)
	close()
}

// newDisplay redraws a few lines if w is a terminal, and otherwise prints a plain line for each trial.
func newDisplay(w io.Writer) display {
	if width := liveWidth(w); width != nil {
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
	case experiments.Pushed:
		fmt.Fprintln(d.w, headroomLine(e))
	case experiments.Profiled:
		fmt.Fprintln(d.w, profileLine(e))
	case experiments.Ended:
		fmt.Fprintln(d.w, endLine(e))
	}
}
