package experiments

import (
	"errors"
	"math"
	"time"

	"socketbench/experiments/load"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
)

// A search finds what a server carries: the most that it answers in a closed loop, and then, in an open loop, whether it
// really answers nearly as much when requests do not wait for replies. It measures through probe alone, so that its rules
// are tested without a server.
type search struct {
	shape load.Options // a closed loop without pauses
	probe func(load.Options) (reading, error)

	warmup time.Duration   // of each attempt
	window time.Duration   // of the next one
	spent  time.Duration   // on those before
	found  result.Capacity // Cell and Why are the caller's
}

// reading is what one short measurement says.
type reading struct {
	offered  float64 // requests/s that arrived; 0 in a closed loop
	achieved float64 // requests/s that were answered; above 0
	window   time.Duration
	late     bool   // the generator had no CPU left, or sent too late
	spoilt   string // why it says nothing about the server: the machine stood still or was slow
}

const (
	leastWarmup   = 100 * time.Millisecond
	mostWarmup    = time.Second
	shortestProbe = 200 * time.Millisecond
	longestProbe  = time.Second
	patientProbe  = 3 * time.Second
	probeRequests = 1000 // a window is long enough for so many requests, where longestProbe allows it
	fewRequests   = 100  // and for so many, where patientProbe does
	mostSpent     = 6 * time.Second

	closedProbes = 2 // readings of a closed loop; the best counts, because what disturbs a server only slows it
	mostClosed   = 4 // attempts at them
	mostChecks   = 7
	mostSpoilt   = 3 // checks while the machine stood still or was slow
	usualProbes  = closedProbes + 1

	// checkedShare is the share of the capacity that an open loop must show. At the capacity itself any queue grows.
	checkedShare = 0.9
	// closeEnough ends the search between a rate that was carried and one that was not.
	closeEnough = 0.9
	// answeredShare is how much of an offered rate a server answers if it carries it.
	answeredShare = 0.99

	thinkProbes = 3
	thinkWithin = 0.03 // how far the rate of thinking clients may be from the one that is wanted
)

// capacity fills in found. An error is one of probe.
func (s *search) capacity() error {
	s.window = shortestProbe
	var best reading
	for valid, n := 0, 0; n < mostClosed && valid < closedProbes && (n < 2 || s.spent < mostSpent/2); n++ {
		r, err := s.try(s.shape)
		if err != nil {
			return err
		}
		if longer := windowFor(r.achieved); n == 0 && longer > s.window {
			s.window = longer
			continue // a rate from few requests is a rough one
		}
		if r.spoilt == "" {
			valid++
		}
		if r.achieved > best.achieved {
			best = r
		}
	}
	s.found.LowerBound, s.found.Disturbed = best.late, best.spoilt != ""
	carried, err := s.check(best.achieved * checkedShare)
	s.found.Rate = threeDigits(carried / checkedShare)
	return err
}

// windowFor is how long a server of this rate is measured.
func windowFor(rate float64) time.Duration {
	lasts := func(requests float64) time.Duration { return time.Duration(requests / rate * float64(time.Second)) }
	return max(shortestProbe, min(longestProbe, lasts(probeRequests)), min(patientProbe, lasts(fewRequests)))
}

// check looks for a rate that the server carries in an open loop: the first one, or else the highest that a few steps
// below it find. If none is carried, it is the most that was answered.
func (s *search) check(first float64) (carried float64, err error) {
	low, high, rate, most := 0.0, first, first, 0.0
	spoilt, failed := 0, 0
	for n := range mostChecks {
		if n > 0 && s.spent > mostSpent {
			break
		}
		o := s.shape
		o.Arrivals, o.Rate = load.Poisson, rate
		r, err := s.try(o)
		if err != nil {
			return 0, err
		}
		last := &s.found.Attempts[len(s.found.Attempts)-1]
		most = max(most, min(r.achieved, rate))
		switch last.Carried = r.carried(); {
		case last.Carried && rate == first:
			return first, nil
		case last.Carried:
			low = rate
		case r.spoilt != "":
			if spoilt++; spoilt < mostSpoilt {
				continue
			}
			s.found.Disturbed = true // such a check is no evidence, and the rate stands unchecked
			if low == 0 {
				low = rate
			}
			return low, nil
		default:
			if failed++; failed == 1 { // a neighbour on the server's CPU may have taken its time
				continue
			}
			high = rate
			s.found.LowerBound = s.found.LowerBound || r.late
		}
		if low >= closeEnough*high {
			break
		}
		rate = (low + high) / 2
		if low == 0 { // a server that is asked for too much answers about what it can, or breaks down
			rate = min(0.9*high, max(0.6*high, 0.95*r.achieved))
		}
	}
	if low == 0 {
		low = most
	}
	return low, nil
}

// carried reports whether the server answered what was offered, but for what chance explains: requests that are under way
// at the ends of a short window.
func (r reading) carried() bool {
	requests := r.offered * r.window.Seconds()
	return !r.late && requests > 0 && r.achieved >= (answeredShare-1/math.Sqrt(requests))*r.offered
}

// think finds the pause with which all clients together ask for a share of the capacity, and returns that which came
// closest: a machine that stood still or was slow in the last attempt must not decide. A pause of 0 may ask for less.
func (s *search) think(share float64) (time.Duration, error) {
	target := share * s.found.Rate
	cycle := float64(s.shape.Connections*s.shape.Pipeline) / target // s from one request of a client to its next
	response := 1 / (s.found.Rate * max(0.1, 1-share))              // a first guess: one server, random arrivals
	closest, away := time.Duration(0), math.Inf(1)
	for range thinkProbes {
		pause := max(0, time.Duration((cycle-response)*1e9)).Round(time.Microsecond)
		if pause == closest && pause > 0 {
			break
		}
		o := s.shape
		o.Think = pause
		r, err := s.try(o)
		if err != nil {
			return 0, err
		}
		if r.spoilt != "" {
			if math.IsInf(away, 1) {
				closest = pause // the best guess, if nothing better comes
			}
			continue
		}
		if by := math.Abs(r.achieved/target - 1); by < away {
			closest, away = pause, by
		}
		if away <= thinkWithin || pause == 0 && r.achieved <= target {
			break
		}
		response = cycle*target/r.achieved - pause.Seconds()
		if r.achieved < target/4 {
			// Clients are served one after another, so that each pause delays all of them: two rates, with this pause and without
			// one, say how many are served at once and how long an answer takes.
			response = r.achieved * pause.Seconds() / (s.found.Rate - r.achieved)
			cycle = s.found.Rate * response / target
		}
	}
	return closest, nil
}

// try measures once and notes the attempt. Where nobody got an answer it looks for longer: handlers may wait for longer than
// a short window lasts, or the machine may stand still.
func (s *search) try(o load.Options) (reading, error) {
	o.Warmup = s.warmup
	var r reading
	var err error
	for _, window := range []time.Duration{s.window, longestProbe, patientProbe} {
		s.window = max(s.window, window)
		o.Duration = s.window
		s.spent += o.Warmup + o.Duration
		var none *CapacityError
		if r, err = s.probe(o); !errors.As(err, &none) || none.Fault.Kind != reason.Nobody {
			break
		}
	}
	if err != nil {
		return r, err
	}
	a := result.Attempt{Arrivals: o.Arrivals, Offered: threeDigits(o.Rate), Think: o.Think, Achieved: threeDigits(r.achieved), Why: r.spoilt}
	if r.late && a.Why == "" {
		a.Why = "the generator had no CPU left"
	}
	s.found.Attempts = append(s.found.Attempts, a)
	return r, nil
}

// threeDigits rounds a rate to what is known of it, so that a person can type it.
func threeDigits(v float64) float64 {
	if v <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(v))-2)
	if unit < 1 {
		return math.Round(v/unit) / math.Round(1/unit)
	}
	return math.Round(v/unit) * unit
}
