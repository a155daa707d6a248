package verdict

import (
	"math"

	"socketbench/experiments/stats"
)

// rule is the part of a comparison that knows numbers only: the run's own noise, and where an interval lies.
type rule struct {
	noise float64 // the log-ratio by which two equal servers may differ; +Inf where it is unknown
	floor float64 // the log-ratio that a difference must exceed to mean anything; +Inf where the noise is unknown
	few   bool    // so few blocks that nothing is called equal
}

// floorOver is what an effect must exceed, as a log-ratio, where the A/A pairs differ by noise.
func floorOver(noise float64, few bool) float64 {
	if few {
		return max(noise, math.Log1p(coarse))
	}
	return noise
}

// newRule makes the rule of a run from the noise of its A/A pairs.
func newRule(noise stats.Estimate, blocks int) rule {
	r := rule{noise: math.Inf(1), floor: math.Inf(1), few: blocks < fewBlocks}
	if noise.N == 0 || noise.DF <= 0 {
		return r
	}
	r.noise = math.Abs(noise.Center) + noise.Half()
	if r.few {
		r.noise = min(r.noise, math.Log1p(mostNoise))
	}
	r.floor = floorOver(r.noise, r.few)
	return r
}

// mostNoise is where the noise of a run of few blocks ends. Its few A/A pairs know their mean no better than a comparison
// knows its own, and what they scatter is part of every interval already: it need not count twice.
const mostNoise = 0.5

// side is where the interval of a log-ratio lies.
type side int

const (
	unclear side = iota // on both sides of a bound
	equal
	above
	below
)

// side tells where an interval lies, from low to high. p is the probability of such a centre among equals, corrected for
// the number of comparisons. A difference of less than 2 % is none, however certain it is.
func (r rule) side(low, high, p float64) side {
	sure := p < 1-stats.Level
	switch {
	case !r.few && bounded(low, high, math.Log1p(least)):
		return equal
	case low > r.floor && sure:
		return above
	case high < -r.floor && sure:
		return below
	case !r.few && bounded(low, high, margin(r.floor)):
		return equal
	}
	return unclear
}

func bounded(low, high, bound float64) bool { return low > -bound && high < bound }

// margin is the log-ratio within which two figures are called equal. It follows the noise of the run only so far:
// otherwise the noisier a run is, the more of it would be a tie.
func margin(floor float64) float64 {
	return max(math.Log1p(least), min(floor, math.Log1p(near)))
}
