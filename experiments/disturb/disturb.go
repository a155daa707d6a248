// Package disturb decides whether the machine disturbed a trial more than is usual in its run. It is given what else used
// the trial's CPUs, and nothing that the trial measured: no result can make a trial look disturbed.
package disturb

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Signal is one way to see that something else used the CPUs of a trial, or slowed them down.
type Signal string

// The signals. Each is a share, 0 to 1: of the trial's window, except for the last four.
const (
	// ServerCPUs is the share of the server's CPUs that went to neighbours: other processes, the kernel's own threads,
	// interrupts, and other virtual machines (steal). It does not depend on how many threads a design has.
	ServerCPUs Signal = "server_cpus"
	// GeneratorCPUs is the same for the CPUs of the generator. It is told where these are not the server's.
	GeneratorCPUs Signal = "generator_cpus"
	// Wait is for how long threads of the generator were ready to run and had no CPU, where the generator has CPUs of its
	// own.
	Wait Signal = "generator_wait"
	// Pause is for how long the generator had no turn, in pieces of at least 10 ms, where it has CPUs of its own.
	Pause Signal = "generator_pause"
	// Arithmetic is the share of its speed that a CPU had lost just before or just after the trial, see [Run.ComparePaces].
	// The host of a virtual machine takes it when it runs another thread on the same core.
	Arithmetic Signal = "arithmetic"
	// CacheLine is the share of their speed that cache lines between two CPUs had lost. They lose most of it when the host
	// moves the CPUs of a virtual machine to cores that share no cache.
	CacheLine Signal = "cache_line"
	// Loopback is the share of its speed that a message through a connection over loopback had lost. A neighbour takes it who
	// drives the system's code out of the caches of the core.
	Loopback Signal = "loopback"
	// WakeUp is how far wake-ups of a thread on another CPU were from what they usually take, in either direction: if the host
	// of a virtual machine waits for longer until it runs another one, short sleeps end sooner, and long ones later.
	WakeUp Signal = "wake_up"
)

// signals say what each shows on a quiet machine, and how much more is a trifle: a share, or a time of the window where that
// is more. Interrupts that wake a server are not counted as its CPU time: 1 to 7 % of a CPU, by the design. The kernel tells
// the idle time of a CPU in steps of 10 ms. Arithmetic takes the same time within 8 % on a quiet core, and 1.25 to 1.6 times as
// long on one that is shared. A cache line takes the same time within 25 % while two CPUs stay where they are; cores without
// a common cache are 2 to 5 times as far from each other. Messages over loopback take the same time within 6 %, and 1.3 to 1.5
// times as long beside a neighbour. Wake-ups take the same time within 25 %, and 2.5 times as long when the host changes how it
// waits.
var signals = []struct {
	Signal
	quiet  float64
	trifle float64
	time   time.Duration
	words  string
}{
	{ServerCPUs, 0.03, 0.05, 25 * time.Millisecond, "others used %s of the server's CPUs"},
	{GeneratorCPUs, 0, 0.03, 25 * time.Millisecond, "others used %s of the generator's CPUs"},
	{Wait, 0.01, 0.02, 10 * time.Millisecond, "the generator waited for a CPU in %s of the window"},
	{Pause, 0, 0.01, 10 * time.Millisecond, "the generator stood still in %s of the window"},
	{Arithmetic, 0.03, 0.10, 0, "a CPU had lost %s of its speed just before or after the trial"},
	{CacheLine, 0.05, 0.40, 0, "cache lines between two CPUs had lost %s of their speed just before or after the trial"},
	{Loopback, 0.03, 0.15, 0, "messages over loopback had lost %s of their speed just before or after the trial"},
	{WakeUp, 0.10, 0.40, 0, "wake-ups between two CPUs were %s away from what they take, just before or after the trial"},
}

// Figures are the signals of one trial. Those that the platform does not tell are absent.
type Figures struct {
	Window time.Duration
	Shares map[Signal]float64
}

// prefix begins the names under which figures are stored among the raw counters of a trial.
const prefix = "disturbance."

// Store writes the figures among the raw counters of a trial.
func (f Figures) Store(raw map[string]float64) {
	for signal, share := range f.Shares {
		raw[prefix+string(signal)] = share
	}
}

// Read is the inverse of Store; window_ns is one of the raw counters.
func Read(raw map[string]float64) Figures {
	f := Figures{Window: time.Duration(raw["window_ns"]), Shares: map[Signal]float64{}}
	for _, s := range signals {
		if share, told := raw[prefix+string(s.Signal)]; told {
			f.Shares[s.Signal] = share
		}
	}
	return f
}

// Run knows the figures of the trials of a run, in the order in which they were measured. The zero value is a run that has
// not begun.
type Run struct {
	trials []trial
	paces  map[string][]float64 // in ns, by what they are of; see [Run.ComparePaces]
}

type trial struct {
	cell  string
	order int
	Figures
}

// before is the number of trials on a quiet machine that a run is assumed to begin with.
const before = 3

// spread is how many standard deviations of the run's trials are usual.
const spread = 5

// Add takes the figures of the next trial, and says why it was disturbed, as a clause; "" where it was not. beyond is how
// far it is from what is usual: 1 is the most that is. cell is the key of the trial's cell, and order its position in the
// plan, which it shares with its second run.
//
// Usual is the median of the trials before it, of the run or of the cell, whichever is more: some designs make the kernel
// work where others do not. A second run is not compared with its own first run. A trial is disturbed if a signal is above
// that by more than a trifle, and by more than the trials of the run differ from what is usual in their cells (five standard
// deviations, estimated from the median of the absolute deviations). A machine that is always busy is usual after a few trials.
func (r *Run) Add(cell string, order int, f Figures) (why string, beyond float64) {
	why, beyond = r.judge(cell, order, f)
	r.trials = append(r.trials, trial{cell, order, f})
	return why, beyond
}

// judge is Add without taking the figures.
func (r *Run) judge(cell string, order int, f Figures) (why string, beyond float64) {
	for _, s := range signals {
		share, told := f.Shares[s.Signal]
		if !told {
			continue
		}
		usual, deviation := r.usual(s.Signal, s.quiet, cell, order)
		trifle := max(s.trifle, float64(s.time)/float64(max(1, f.Window)))
		room := max(trifle, spread*1.4826*deviation)
		if times := (share - usual) / room; times > beyond {
			beyond = times
			why = fmt.Sprintf(s.words+", where %s is usual in this run", percent(share), percent(usual))
		}
	}
	if beyond <= 1 {
		why = ""
	}
	return why, beyond
}

// usual is what a signal usually shows in a cell, and how far trials usually are from the others of their cells: both are
// medians.
func (r *Run) usual(s Signal, quiet float64, cell string, order int) (usual, deviation float64) {
	run, cells := slices.Repeat([]float64{quiet}, before), map[string][]float64{}
	for _, t := range r.trials {
		if share, told := t.Shares[s]; told {
			run = append(run, share)
			if t.order != order {
				cells[t.cell] = append(cells[t.cell], share)
			}
		}
	}
	all := median(run)
	deviations := slices.Repeat([]float64{math.Abs(quiet - all)}, before)
	for _, list := range cells {
		center, at := all, -1 // of a cell with one trial
		if len(list) > 1 {
			center = median(list)
			at = slices.Index(list, center) // its own deviation is 0 and says nothing
		}
		for i, share := range list {
			if i != at {
				deviations = append(deviations, math.Abs(share-center))
			}
		}
	}
	return max(all, median(cells[cell])), median(deviations)
}

// median is the lower one where the number of values is even: of two trials of a cell, the one that was less disturbed.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}

// percent writes a share.
func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// Candidate is a trial of a block that may be run again.
type Candidate struct {
	Order   int     // position in the plan
	Invalid bool    // the generator or a pause of the machine has made it so
	Beyond  float64 // what is usual, see [Run.Add]
}

// Choose returns the positions in the plan of the candidates that are run again, at most so many: first those that do not
// count at all, then those that were disturbed most.
func Choose(list []Candidate, most int) map[int]bool {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b Candidate) int {
		switch {
		case a.Invalid && !b.Invalid:
			return -1
		case b.Invalid && !a.Invalid:
			return 1
		}
		return cmp.Or(cmp.Compare(b.Beyond, a.Beyond), cmp.Compare(a.Order, b.Order))
	})
	chosen := map[int]bool{}
	for _, c := range list[:max(0, min(most, len(list)))] {
		chosen[c.Order] = true
	}
	return chosen
}
