package overnats

import (
	"errors"
	"time"

	"socketbench/experiments/agent"
	"socketbench/experiments/host"
	"socketbench/experiments/load"
)

// Steps, as an order names them; see agent.Agent. A clock is asked for on a subject of its own.
const (
	stepFacts   = "facts"
	stepPace    = "pace"
	stepServe   = "serve"
	stepPrepare = "prepare"
	stepConnect = "connect"
	stepBegin   = "begin"
	stepResult  = "result"
	stepEnd     = "end"
	stepStop    = "stop"
)

// The subjects below an agent's name.
const (
	onOrder = "order"
	onClock = "clock"
	onSlice = "slice"
)

// order is one step of a trial.
type order struct {
	Step  string
	Trial agent.Trial
	Lease time.Duration // for so long the agent goes on if it hears nothing more

	Paced  string            `json:",omitempty"` // the placement whose pace is to be measured
	Serve  *agent.ServeOrder `json:",omitempty"`
	Load   *agent.LoadOrder  `json:",omitempty"`
	Part   load.Part         // of Load
	Window *agent.Window     `json:",omitempty"`
}

// answer is what a step came to. Pending means that it is still being carried out: ask again.
type answer struct {
	Pending bool       `json:",omitempty"`
	Error   *wireError `json:",omitempty"`

	Facts     *agent.Facts             `json:",omitempty"`
	Paces     map[string]time.Duration `json:",omitempty"`
	Serving   *agent.Serving           `json:",omitempty"`
	Connected *agent.Connected         `json:",omitempty"`
	Outcome   *parcel                  `json:",omitempty"`
	Ending    *agent.Ending            `json:",omitempty"`
}

// wireError is an error on its way: one of those that package agent names, or text.
type wireError struct {
	Text    string
	Lost    bool           // what the agent had of the trial is lost: it was started anew, or its lease has ended
	Failure *agent.Failure `json:",omitempty"`
	Start   *startError    `json:",omitempty"`
}

type startError struct {
	Server, Reason, Stderr string
	Never                  bool
}

func wire(err error) *wireError {
	if err == nil {
		return nil
	}
	w := &wireError{Text: err.Error()}
	var gone *goneError
	w.Lost = errors.As(err, &gone)
	var start *host.StartError
	if errors.As(err, &w.Failure) {
		return w
	}
	if errors.As(err, &start) {
		w.Start = &startError{start.Server, start.Reason.Error(), start.Stderr, start.Never}
	}
	return w
}

// goneError is an order about a trial of which the agent has nothing.
type goneError struct{ text string }

func (e *goneError) Error() string { return e.text }

func (w *wireError) unwire() error {
	switch {
	case w == nil:
		return nil
	case w.Lost:
		return &goneError{w.Text}
	case w.Failure != nil:
		return w.Failure
	case w.Start != nil:
		return &host.StartError{Server: w.Start.Server, Reason: errors.New(w.Start.Reason), Stderr: w.Start.Stderr, Never: w.Start.Never}
	}
	return errors.New(w.Text)
}
