package verdict

import "math"

// Bounds of the search for headroom.
const (
	MostPushes = 8  // short trials for a design under one condition, those that were spoilt among them
	MostTimes  = 16 // the load asked: further up the search does not go

	mostSpoiltPushes = 3   // after so many the machine is too restless for the search
	nearEnough       = 1.1 // the search ends between two loads that are not further apart
	playsToCount     = 2   // of the load that is named as met
)

// climb is a search for the greatest multiple of a load at which something holds. It doubles the load until it does not hold,
// and then halves the gap, as a ratio. A load that was played several times is judged by the majority.
type climb struct {
	most   float64 // times; at least 1
	known  bool    // it holds at the load itself
	steps  []step  // in the order of their first play
	plays  int     // trials
	spoilt int     // of them, those that say nothing
}

// step is a load that was played.
type step struct {
	times        float64
	holds, fails int // plays
}

// note adds one trial.
func (c *climb) note(times float64, holds bool) {
	i := 0
	for i < len(c.steps) && c.steps[i].times != times {
		i++
	}
	if i == len(c.steps) {
		c.steps = append(c.steps, step{times: times})
	}
	if c.plays++; holds {
		c.steps[i].holds++
	} else {
		c.steps[i].fails++
	}
}

// noteSpoilt adds a trial that says nothing.
func (c *climb) noteSpoilt() { c.plays, c.spoilt = c.plays+1, c.spoilt+1 }

// between returns the greatest load at which it holds, below the least at which it does not. low has no times if it never
// holds, high if it never fails. The load itself has no plays where it is only known to hold.
func (c *climb) between() (low, high step) {
	high.times = math.Inf(1)
	for _, s := range c.steps {
		if s.fails > s.holds && s.times < high.times {
			high = s
		}
	}
	if c.known && high.times > 1 {
		low.times = 1
	}
	for _, s := range c.steps {
		if s.holds > s.fails && s.times < high.times && s.times > low.times {
			low = s
		}
	}
	if math.IsInf(high.times, 1) {
		high = step{}
	}
	return low, high
}

// next is the load to play, or says that the search is over.
func (c *climb) next() (times float64, more bool) {
	left := MostPushes - c.plays
	if left == 0 || c.spoilt == mostSpoiltPushes {
		return 0, false
	}
	for _, s := range c.steps { // it held and it did not: a further trial decides
		if s.holds == s.fails {
			return s.times, true
		}
	}
	low, high := c.between()
	unsure := low.holds > 0 && low.holds < playsToCount
	switch {
	case low.times == 0 && high.times == 0:
		return 1, true
	case unsure && left == 1:
		return low.times, true
	case high.times == 0 && low.times < c.most:
		return min(2*low.times, c.most), true
	case high.fails == 1 && (high.times == 1 || high.times == min(2*low.times, c.most)):
		return high.times, true // it ends the doubling, and a neighbour on the CPUs may have taken its time
	case low.times > 0 && high.times > nearEnough*low.times:
		return math.Sqrt(low.times * high.times), true
	case unsure:
		return low.times, true
	}
	return 0, false
}
