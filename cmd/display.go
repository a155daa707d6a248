package cmd

import (
	"fmt"
	"io"

	"socketbench/experiments"
	"socketbench/experiments/quote"
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

// say writes a line. What a user or a server wrote in it commands no terminal.
func (d *plainRun) say(line string) { fmt.Fprintln(d.w, quote.Lines(line)) }

func (*plainRun) close() {}

func (d *plainRun) event(e experiments.Event) {
	switch e := e.(type) {
	case experiments.Found:
		d.say(verdict.Carries(e.Capacity, e.Loads))
	case experiments.Planned:
		d.labels = newLabels(e.Plan.Experiment.Servers, 0)
		d.say(plannedLine(e))
	case experiments.Lost:
		d.say(lostLine(e))
	case experiments.Finished:
		d.say(trialLine(e, d.labels))
	case experiments.Pushed:
		d.say(headroomLine(e))
	case experiments.Profiled:
		d.say(profileLine(e))
	case experiments.Ended:
		d.say(endLine(e))
	}
}
