// Package agent is one machine's part in a trial. An agent starts the server, or plays a part of the load, or does both:
// it places the processes on its CPUs, reads what they use, and ends them. Package experiments tells its agents what to
// do, one step after the other, and judges what they report. No agent judges.
//
//	Serve             the server listens; what it uses while nobody is there has been read
//	Prepare, Connect  the disturbers are connected, and then the measured clients
//	Begin             when the first request is to be sent, and when the window begins and ends
//	Result            what the clients saw, and what the agent read at the ends of the window
//	End               the server is stopped, and nothing of the trial is left
//
// [Here] is this machine. A run on one machine has it as its only agent, which both serves and loads.
package agent

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"socketbench/experiments/environ"
	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/experiments/reason"
)

// An Agent carries out the steps of one trial after the other. A step belongs to the trial that it names. What an error of
// a step means:
//
//   - *host.StartError, of Serve: the server did not start.
//   - *Failure: the trial is invalid, and the run goes on.
//   - *LostError: the agent no longer answers, and the trial is carried out again.
//   - any other: the run cannot go on.
//
// Each step blocks until it is done. Result and Stop may be called beside each other; no other two steps may.
type Agent interface {
	// Facts are those of the agent's machine.
	Facts(context.Context) (Facts, error)
	// Clock reads the agent's monotonic clock, in ns. It has nothing to do with the clock of another agent.
	Clock(context.Context) (int64, error)
	// Pace measures the CPUs of a placement, see host.Pace; what is not known there is absent. No trial may be under way: it
	// takes these CPUs for about three milliseconds.
	Pace(ctx context.Context, placement string) (map[string]time.Duration, error)
	// Serve starts the server.
	Serve(context.Context, Trial, ServeOrder) (Serving, error)
	// Prepare starts the generator, and returns when its disturbers are connected or will not be.
	Prepare(context.Context, Trial, LoadOrder) error
	// Connect connects the measured clients. All disturbers of all agents must be there.
	Connect(context.Context, Trial) (Connected, error)
	// Begin starts the window, and does not wait for it.
	Begin(context.Context, Trial, Window) error
	// Result waits for the end of the window and of what belongs to it.
	Result(context.Context, Trial) (Outcome, error)
	// End stops the server, if the agent has one, and ends everything of the trial. When its context has ended already,
	// the server has less time to drain.
	End(context.Context, Trial) (Ending, error)
	// Stop ends the window now, or what comes before it.
	Stop(context.Context, Trial) error
}

// Trial names one attempt at one trial of a run.
type Trial struct {
	Run     string
	Order   int           // its position in the plan
	Attempt int           // counts the trials that were begun in the run, so that no two have the same
	Most    time.Duration // it takes no longer than this, from its first step to its last
}

// Facts are what is to be known of an agent's machine before a run.
type Facts struct {
	Build   string // of the agent's program
	Engine  string // the best generator engine there: load.EngineEpoll or load.EnginePortable
	Machine host.Facts
	Caps    Caps
	Listen  netip.Addr // where its servers listen; the zero value: 127.0.0.1

	WorkUnit    float64           // ns that one iteration of a request's computing takes
	Environment []environ.Setting // variables of the agent's environment that change behaviour
}

// ServeOrder says which server is to run, and how.
type ServeOrder struct {
	host.Job
	Placement  string // host.Split and so on
	GOMAXPROCS int    // see host.Options
	GOGC       int
	Hello      []byte
	Loads      bool // the agent plays a part of the trial, too, so that its generator starts beside the server
}

// Serving is a server that can be connected to.
type Serving struct {
	Address   string // tcp://host:port or unix:///path
	Placement host.Placement
	Unplaced  string     // why the agent's own process could not leave the server's CPUs; "": it has left them
	Known     bool       // one process is above all those that serve, so that what they use can be read
	Empty     host.Usage // what the server uses while nobody is there
}

// LoadOrder says what part of which load is to be played.
type LoadOrder struct {
	load.Options // CPUs and Spin are the agent's choice
	Placement    string
}

// Connected is what a generator says before the window.
type Connected struct {
	Playing   bool           // false: nothing can be played, and the result is there
	Lead      time.Duration  // how long before the first request Begin must be called
	Placement host.Placement // where it runs
}

// Window is when the first request is sent, and the time in which requests count: ns on the agent's clock.
type Window struct {
	First, Start, End int64
	Drain             bool   // the server is told to stop at the end, while clients go on
	Profile           string // a kind of profile that the server is to write in the window, see host.Command; "": none
}

// Outcome is what an agent has measured.
type Outcome struct {
	Load      *load.Result // nil: it has no generator, or see Unplayed
	Hangs     bool         // its server was told to stop at the window's end, and did not
	Unplayed  string       // why its generator has no result
	Seen      Seen
	Profile   []byte
	NoProfile string // why Profile was ordered and there is none
}

// Ending is how a server ended. It is zero where the agent has none.
type Ending struct {
	host.Ending
	Died      bool         // before it was told to stop, or while it stopped
	Stopped   bool         // it stopped when it was told to
	Drained   host.Drained // if it stopped
	Undrained string       // what went wrong with that
}

// A Failure is what makes a trial invalid although no agent is lost.
type Failure struct {
	Kind reason.Kind
	Text string
}

func (f *Failure) Error() string { return f.Text }

// A LostError is an agent that no longer answers. The trial has no result; it is repeated, or its run is resumed later.
type LostError struct {
	Agent string
	Err   error
}

func (e *LostError) Error() string { return fmt.Sprintf("agent %s is lost: %v", e.Agent, e.Err) }
func (e *LostError) Unwrap() error { return e.Err }
