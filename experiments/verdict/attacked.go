package verdict

import (
	"math"

	"socketbench/experiments/result"
	"socketbench/experiments/spec"
)

// attacked puts what attacks on the verdicts found beside them.
func (a *Analysis) attacked(r result.Refuted) {
	says := map[string]string{}
	for _, v := range r.Verdicts {
		says[attackedKey(v.Metric, v.Expect, v.Of, v.Against)] = v.Says
	}
	for _, f := range a.Families {
		for i := range f.Comparisons {
			c := &f.Comparisons[i]
			c.Survives = says[attackedKey(f.Metric, "", c.Of, c.Of.With(f.Baseline))]
		}
	}
	for i := range a.Predictions {
		p := &a.Predictions[i]
		p.Survives = says[attackedKey(p.Metric, p.Expect, p.Of, p.Against)]
	}
}

func attackedKey(metric, expect string, of, against result.Cell) string {
	if len(against) == 0 {
		against = nil
	}
	return metric + "\x00" + expect + "\x00" + of.Key() + "\x00" + against.Key()
}

// Doubt is how far the interval of a comparison lies from the bound that decided it, in half-widths of the interval: the
// less, the more doubtful the verdict is. It is 0 where nothing was decided, and +Inf where the interval has no width.
func (a Analysis) Doubt(metric string, c Comparison) float64 {
	low, high := math.Log(c.Low), math.Log(c.High)
	floor := floorOver(math.Log1p(a.Floor[metric].Floor), a.Manifest.Blocks < fewBlocks)
	switch {
	case c.Word == Tie:
		return distance(margin(floor)-max(math.Abs(low), math.Abs(high)), low, high)
	case c.Ratio > 1:
		return distance(low-floor, low, high)
	case c.Ratio > 0:
		return distance(-floor-high, low, high)
	}
	return 0
}

// PredictionDoubt is the same of a prediction, whose bound is what it expects. An interval without a width, as that of a
// count that was 0 in every trial, leaves no doubt.
func PredictionDoubt(p Prediction, e spec.Expectation) float64 {
	from, to := e.Range()
	low, high := p.Low, p.High
	if p.Ratio && low > 0 {
		low, high, from, to = math.Log(low), math.Log(high), math.Log(max(from, 0)), math.Log(max(to, 0))
	}
	if p.Word == Holds {
		return distance(min(low-from, to-high), low, high)
	}
	return distance(max(from-high, low-to), low, high)
}

// distance is in half-widths of an interval.
func distance(d, low, high float64) float64 {
	half := (high - low) / 2
	switch {
	case math.IsNaN(d) || math.IsInf(half, 1): // an end of the interval is open
		return 0
	case half == 0 || math.IsInf(d, 1):
		return math.Inf(1)
	}
	return max(0, d/half)
}

// Gone reports whether an effect has disappeared: the whole interval lies within half of the least effect that a
// comparison before it had shown. Such a pair may be undecided, because its interval is too wide for a tie, and all the
// same the earlier verdict does not hold for it.
func Gone(was, now Comparison) bool {
	if was.Word != Faster && was.Word != Slower || now.Ratio <= 0 || now.Faulty != "" || now.Limited != "" || math.IsNaN(now.P) {
		return false
	}
	least, most := math.Log(was.Low), math.Log(now.High)
	if was.Ratio < 1 {
		least, most = -math.Log(was.High), -math.Log(now.Low)
	}
	return most < least/2
}
