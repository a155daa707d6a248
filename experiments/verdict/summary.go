package verdict

import (
	"math"
	"slices"
	"strings"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/stats"
)

// summarize fills in the cell's figures.
func (c *cell) summarize(run result.Run) error {
	trials := c.all()
	c.Trials = len(trials)
	values := map[string][]float64{}
	c.Limits = c.limits()
	var times []load.Times
	allSpoiled := !slices.ContainsFunc(trials, func(t result.Trial) bool { return !spoiled(t) })
	for _, t := range trials {
		for name, v := range t.Metrics {
			if metric.Of(name).Possible(v) { // else nothing was measured: a request that was answered took more than no time
				values[name] = append(values[name], v)
			}
		}
		c.Unanswered = c.Unanswered.And(stats.Unanswered{N: int64(t.Raw["censored"]), Youngest: t.AtLeast, NotSent: load.NotSent(t.Metrics)})
		c.unserved += t.Metrics[metric.Unserved]
		if spoiled(t) && !allSpoiled {
			continue // its times are the generator's in part, and there are others
		}
		h, err := run.Histograms(t)
		if err != nil {
			return err
		}
		times = append(times, h)
	}
	sums := load.MergeTimes(times)
	c.Response, c.first = sums.Response, sums.First
	c.Metrics = make(map[string]Summary, len(values))
	for name, list := range values {
		if strings.HasPrefix(name, "errors.") { // a trial without it is one in which none failed
			list = c.sample(name).values
		}
		s := summary(list)
		for _, v := range list {
			s.Total += v
		}
		m := metric.Of(name)
		s.LowerBound, s.UpperBound = c.Limits.bounds(m)
		if h, q := sums.Of(m.Family()), m.Quantile(); q > 0 && h != nil && h.TotalCount() > 0 {
			s = s.around(float64(h.Quantile(q)))
			s.TooFew = !stats.Enough(h.TotalCount(), q)
		}
		c.Metrics[name] = c.withUnanswered(s, m).within(m)
	}
	c.fromAll(&sums)
	c.answered(trials)
	return nil
}

// spoiled reports whether the generator stood still while so many of a trial's requests were due or under way that the
// trial's p99 is not the server's.
func spoiled(t result.Trial) bool { return t.Raw["generator_spoiled"] > 0.01/4 }

// answered works out the share of all trials together, as percentiles are: a median would hide one trial of three in
// which the server stopped.
func (c *cell) answered(trials []result.Trial) {
	right, wanted := 0.0, 0.0
	for _, t := range trials {
		right += t.Raw["right"]
		wanted += t.Raw["wanted"]
	}
	if s, has := c.Metrics[metric.Answered]; has && wanted > 0 {
		s.Center = right / wanted
		s.Low, s.High = max(0, min(s.Low, s.Center)), min(1, max(s.High, s.Center))
		c.Metrics[metric.Answered] = s
	}
}

// figure is the summary of a metric. A kind of failed connection that no trial names has one too: there were none.
func (c *cell) figure(name string) (s Summary, has bool) {
	if s, has = c.Metrics[name]; has || !strings.HasPrefix(name, "errors.") {
		return s, has
	}
	values := c.sample(name).values
	return summary(values), len(values) > 0
}

// withUnanswered says how much more a figure may be because of requests that nobody answered.
func (c *cell) withUnanswered(s Summary, m metric.Metric) Summary {
	h, open := c.Response, c.Unanswered
	switch {
	case m.Part() == metric.Mean:
		return s
	case m.Family() == metric.FirstReply:
		h, open = c.first, stats.Unanswered{NotSent: c.unserved}
	case m.Family() != metric.Latency:
		return s
	}
	s.Most = s.Center
	if q := m.Quantile(); q > 0 && h != nil && h.TotalCount() > 0 {
		s.Most = open.Most(q, h)
	} else if open.NotSent > 0 || open.Below(s.Center) {
		s.Most = math.Inf(1)
	}
	s.AtLeast = stats.AtLeast(s.Center, s.Most)
	return s
}

// slack is the factor by which a figure may be more than it says.
func (s Summary) slack() float64 {
	if s.AtLeast && s.Center > 0 {
		return s.Most / s.Center
	}
	return 1
}

// slacks are the factors by which a figure of two cells may be more than it says. Where both left as many clients without an
// answer, the figure is about as many clients of each, so that those do not open it.
func slacks(name string, a, b *cell) (slackA, slackB float64) {
	left := a.leftOut()
	alike := left > 0 && left == b.leftOut()
	slack := func(c *cell) float64 {
		if !alike {
			return c.Metrics[name].slack()
		}
		served := *c
		served.Unanswered.NotSent, served.unserved = 0, 0
		return served.withUnanswered(c.Metrics[name], metric.Of(name)).slack()
	}
	return slack(a), slack(b)
}

// leftOut is how many clients each trial left without an answer; -1 where they differ in that.
func (c *cell) leftOut() float64 {
	s := c.sample(metric.Unserved)
	if !s.known() || s.least() != s.most() {
		return -1
	}
	return s.most()
}

// fromAll adds the percentiles for which only all trials together have enough requests. Nothing is known about their
// scatter.
func (c *cell) fromAll(sums *load.Times) {
	for _, m := range metric.All {
		h, q := sums.Of(m.Family()), m.Quantile()
		if _, has := c.Metrics[m.Name]; !has && q > 0 && h != nil && stats.Enough(h.TotalCount(), q) {
			s := Summary{Center: float64(h.Quantile(q))}
			s.LowerBound, s.UpperBound = c.Limits.bounds(m)
			c.Metrics[m.Name] = c.withUnanswered(s, m)
		}
	}
}

// summary is the median of values and its interval. From 20 values on the interval comes from resampling; with fewer from
// Student's t on the logarithms, or on the values where one is not positive. The median of normal values scatters 1.25
// times as much as their mean.
func summary(values []float64) Summary {
	s := Summary{Center: stats.Median(values), N: len(values)}
	if len(values) < 2 {
		return s
	}
	if low, high, err := stats.BootstrapMedian(values); err == nil {
		s.Low, s.High = low, high
		return s
	}
	wider := math.Sqrt(math.Pi / 2)
	if slices.Min(values) > 0 {
		logs := make([]float64, len(values))
		for i, v := range values {
			logs[i] = math.Log(v)
		}
		factor := math.Exp(wider * stats.Location(logs).Half())
		s.Low, s.High = s.Center/factor, s.Center*factor
		return s
	}
	half := wider * stats.Mean(values).Half()
	s.Low, s.High = s.Center-half, s.Center+half
	return s
}

// around moves a summary to another centre with the same relative interval.
func (s Summary) around(center float64) Summary {
	if s.Center > 0 && s.N >= 2 {
		s.Low, s.High = s.Low*center/s.Center, s.High*center/s.Center
	}
	s.Center = center
	return s
}

// within leaves out of an interval what the metric cannot be.
func (s Summary) within(m metric.Metric) Summary {
	low, high, _ := m.Values()
	s.Low, s.High = max(s.Low, low), min(s.High, high)
	return s
}

// interval is the summary's interval, which is infinite where there are fewer than two trials, and open where the figure is
// a bound.
func (s Summary) interval() (low, high float64) {
	if s.N < 2 {
		return math.Inf(-1), math.Inf(1)
	}
	low, high = s.Low, s.High*s.slack()
	if s.UpperBound {
		low = 0
	}
	if s.LowerBound {
		high = math.Inf(1)
	}
	return low, high
}
