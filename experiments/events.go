package experiments

import (
	"time"

	"socketbench/experiments/load"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// An Event reports the progress of a run: Searching, Waiting, Progress and Found for each capacity that a new run measures,
// then Planned once, then Started, any number of Waiting, Progress, Step and InWindow, and Finished for each trial, then Pushing and Pushed where
// headroom is searched, then Ended, and Verdict if every trial was measured. Events come one at a time, in order. The run waits until each is handled, so the
// handler must be quick.
type Event interface{ event() }

// Searching is a search that begins: what a server carries here is measured before the first block.
type Searching struct {
	Search plan.Search
	Number int // from 1
	Of     int
}

// Found is what a search has found.
type Found struct {
	Capacity result.Capacity
	Loads    []result.Frozen
}

// Planned is what the run is going to do.
type Planned struct {
	Plan   plan.Plan
	Dir    string        // where the results go
	Done   int           // trials that a resumed run need not repeat
	Length time.Duration // about how long the rest will take, up to the cap of blocks
}

// Started is a trial that begins.
type Started struct {
	Trial  plan.Trial
	Cell   plan.Cell
	Number int           // from 1, over the whole plan
	Of     int           // trials in the plan
	Blocks int           // in the plan
	Left   time.Duration // until the end of the plan, this trial and those to be run again included
	Again  bool          // the trial was measured before, and this is its second run
}

// Waiting is a trial, or an attempt of a search, that does not begin yet, because the CPUs are slower than is usual in the run.
type Waiting struct{ Trial plan.Trial }

// Progress is a trial under way.
type Progress struct {
	Trial plan.Trial
	Now   load.Progress
}

// Step is a step of a trial that several agents carry out, each time that one of them has done it. A run on one machine
// has none.
type Step struct {
	Trial  plan.Trial
	Doing  string // "preparing", "connecting" or "collecting"
	Agents []AgentStep
}

// AgentStep is how far one agent is.
type AgentStep struct {
	Name    string
	Clients int // of its part of the load
	Done    bool
}

// InWindow is the time in a trial over several machines, whose agents say nothing until its window is over.
type InWindow struct {
	Trial   plan.Trial
	Elapsed time.Duration // since the window's start; below 0: it is being warmed up
	Of      time.Duration
}

// Lost is an agent that was lost in a trial, which is carried out once more.
type Lost struct {
	Trial plan.Trial
	Agent string
	Err   error
}

// Finished is a trial whose result is on the disk.
type Finished struct {
	Started
	Result result.Trial
}

// Pushing is a short trial that begins: after the last block it is searched how much more load a design takes.
type Pushing struct {
	Cell   plan.Cell
	Times  float64 // the load asked
	Number int     // from 1, under this condition
}

// Pushed is the end of the search for the headroom of a design under one condition.
type Pushed struct{ verdict.Headroom }

// Profiled is an uncounted trial whose profile is on the disk.
type Profiled struct {
	result.Profile
	Path string
	Err  error // why there is none
}

// Ended is the end of a run.
type Ended struct {
	Run      result.Run
	Measured int    // trials; a resumed run has more
	Again    int    // how many were run a second time
	Complete bool   // false: it was interrupted
	Decision string // why it ended where it did
	Wall     time.Duration
	Waited   time.Duration // for CPUs as fast as usual, also before the run was resumed
	Overhead float64       // share of Wall that was neither warm-up nor window
}

// Verdict is what can be concluded from a complete run.
type Verdict struct {
	Run      result.Run
	Analysis verdict.Analysis
}

func (Searching) event() {}
func (Found) event()     {}
func (Planned) event()   {}
func (Started) event()   {}
func (Waiting) event()   {}
func (Progress) event()  {}
func (Step) event()      {}
func (InWindow) event()  {}
func (Lost) event()      {}
func (Finished) event()  {}
func (Pushing) event()   {}
func (Pushed) event()    {}
func (Profiled) event()  {}
func (Ended) event()     {}
func (Verdict) event()   {}
