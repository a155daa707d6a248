// Package verdict works out what can be concluded from a run: a summary of each cell, comparisons that respect the run's
// own noise, and the outcome of its predictions. Reports only write it down.
package verdict

import (
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/stats"
)

// Analysis is everything that a report shows. Formats do no arithmetic on it beyond choosing a unit.
type Analysis struct {
	Manifest    result.Manifest
	Experiment  spec.Experiment
	Cells       []Cell   // in the order of the plan
	Families    []Family // comparisons, one family for each metric and condition
	Predictions []Prediction
	Required    []Required       // what became of the experiment's requirements, for each design; none where it has none
	Floor       map[string]Floor // by metric: the run's own noise
	Faults      []Fault          // what servers did that no server may, whether the trial counts or not
	Invalid     []Problem        // trials that do not count, and why
	Warnings    []Problem        // trials that count, with warnings
	Repeated    []Problem        // trials that were run again because the machine disturbed them; the second run counts
	Notes       []string         // what was not measured, what a reader must not conclude

	laid *judge // what all of it is worked out from, for Gate
}

// Cell sums up the valid trials of one cell.
type Cell struct {
	ID         result.Cell
	Trials     int // valid ones; the second one of an A/A pair counts
	Metrics    map[string]Summary
	NotAsked   string           // why it was never run; "": it was
	Fault      reason.Fault     // what the server did in one of them that no server may
	Response   *stats.Histogram // of all valid trials, merged; nil where none was kept
	Unanswered stats.Unanswered // the unanswered requests in it
	Limits     Limits           // what held its rate back; see Marks
	InForce    string           // what the utilizations of its condition came to: "91,000/s"; "": it has none
}

// Summary is one metric over a cell's trials.
type Summary struct {
	Center     float64 // median of the trials; for percentiles, of the merged histogram
	Low, High  float64 // 95 % interval of the centre; both 0 with fewer than 2 trials
	Total      float64 // of all trials together: six wrong replies in one of three are no median
	N          int     // trials behind the interval; 0 where only all requests together make the figure
	AtLeast    bool    // unanswered requests may make it more: print it with >=
	Most       float64 // of a percentile: the most that they can make it; +Inf where there is no limit
	TooFew     bool    // fewer than 10 samples beyond the percentile: do not print
	LowerBound bool    // it would be more with a faster generator, or, as the time of a queue that grows, in a longer window
	UpperBound bool    // it would be less with a faster generator
}

// Word is the outcome of a comparison or a prediction.
type Word string

const (
	Faster    Word = "faster" // better by more than the floor
	Slower    Word = "slower"
	Tie       Word = "tie" // within 2 %, or within the floor where that is wider, up to 5 %
	Undecided Word = "undecided"
	NotAsked  Word = "not askable here"
	Holds     Word = "holds"
	Refuted   Word = "refuted"
)

// Family is one table of comparisons against a baseline, corrected together (Holm).
type Family struct {
	Metric      string
	Baseline    string
	Condition   result.Cell // the varied fields that all members share
	On          string      // "on 1 server CPU"; "": on more, or nobody knows
	Comparisons []Comparison
}

// Comparison is one server against the baseline of its family.
type Comparison struct {
	Server    string
	Of        result.Cell
	Ratio     float64 // of / baseline; above 1 is more of the metric
	Low, High float64 // its 95 % interval
	P         float64 // after Holm's correction
	Word      Word
	Why       string   // for NotAsked and Undecided, and where figures need a word
	Limited   string   // the server of the two that the generator limited, where that is why Word is Undecided; "": neither
	Faulty    string   // the server of the two that did what no server may, and so is not ranked; "": neither
	Marks     []string // what limited either figure, such as "goroutine at saturation in 3 of 3 blocks"
	Sentence  string   // what a person would say
	Survives  string   // what attacks on it found, such as "survives 6 of 7; turns with another seed"; "": none was tried
}

// Prediction is the outcome of a claim.
type Prediction struct {
	Claim, Metric, Expect string
	Of, Against           result.Cell
	Value                 float64 // the ratio, or the value where there is nothing to compare with
	Low, High             float64
	Ratio                 bool // Value is a ratio
	Word                  Word
	Marks                 []string // as of a Comparison
	On                    string   // "on 1 server CPU"; "": on more, or nobody knows
	Sentence              string
	Survives              string // as of a Comparison
}

// Floor is how much two equal servers differed in this run.
type Floor struct {
	Center float64 // ratio of second to first
	Half   float64 // half-width of its 95 % interval, as a ratio minus one
	Floor  float64 // |Center-1| + Half, in a run of few blocks at most 0.5: differences below it mean nothing
	N      int     // pairs
}

// Fault is what a server did in trials of one cell that no server may: it did not start, died, hung, stopped
// answering, or answered wrongly.
type Fault struct {
	Cell   result.Cell
	Blocks []int  // from 0, in order
	Kind   string // "stopped answering": the same of the same server in another cell is the same fault
	What   string // "stopped answering: nobody got a reply in the last 480ms of the window": a clause without its subject
	Words  string // the end of what it wrote to its standard error, in the first of them that has any
	wrong  float64
}

// Problem is a trial with a reason.
type Problem struct {
	Cell    result.Cell
	Block   int
	Reasons []string
}
