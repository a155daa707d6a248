package verdict

import (
	"math"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/stats"
)

// table is one metric of the whole run: the rows are the cells.
type table struct {
	*judge
	metric string
	stats  *stats.Table
	noise  stats.Estimate
	rule   rule // that follows from the noise
}

// table sorts the figures of a metric into cells and blocks.
func (j *judge) table(name string) *table {
	t := &table{judge: j, metric: name}
	rows := make([][]float64, len(j.cells))
	var seconds []stats.Second
	scheduled := j.scheduled(name)
	for i := range j.cells {
		c := &j.cells[i]
		standing := func(trial result.Trial) (v float64, has bool) {
			if share, open := answered(name, trial); open {
				return share * scheduled[c.ID.Without("server").Key()], true
			}
			v, has = trial.Metrics[name]
			return v, has
		}
		rows[i] = make([]float64, j.blocks)
		for b := range rows[i] {
			rows[i][b] = math.NaN()
			trial, ok := c.trials[b]
			if v, has := standing(trial); ok && has {
				rows[i][b] = v
			}
		}
		for _, trial := range c.seconds {
			if v, has := standing(trial); has {
				seconds = append(seconds, stats.Second{Row: i, Block: trial.Block, Value: v})
			}
		}
	}
	t.stats = stats.NewTable(rows, seconds)
	t.noise = t.stats.AAPair()
	t.rule = newRule(t.noise, t.blocks)
	return t
}

// answered is the share of its schedule that a trial answered, for the metrics that a schedule bounds: rates of an open
// loop are compared by it, because random arrivals offer each trial a different number of requests. It is at most 1: a
// server that answers more than was offered only catches up with requests from before the window.
func answered(name string, t result.Trial) (share float64, open bool) {
	_, has := t.Metrics[name]
	offered := t.Metrics[metric.OfferedRate]
	if !has || offered <= 0 || name != metric.AchievedRate && name != metric.ThroughputBytes {
		return 0, false
	}
	return min(1, t.Metrics[metric.AchievedRate]/offered), true
}

// scheduled is what the schedules of a condition ask for on average, in the unit of the metric. It is the same for all
// servers of a condition, and makes shares of different schedules comparable: two thirds of 27,000/s are more than all
// of 9,000/s.
func (j *judge) scheduled(name string) map[string]float64 {
	sum, n := map[string]float64{}, map[string]float64{}
	for i := range j.cells {
		key := j.cells[i].ID.Without("server").Key()
		for _, t := range j.cells[i].all() {
			if share, open := answered(name, t); open && share > 0 {
				sum[key] += t.Metrics[name] / share
				n[key]++
			}
		}
	}
	for key := range sum {
		sum[key] /= n[key]
	}
	return sum
}

// floor is how much two equal servers differed in this metric.
func (t *table) floor() (Floor, bool) {
	if math.IsInf(t.rule.noise, 1) {
		return Floor{}, false
	}
	return Floor{
		Center: math.Exp(t.noise.Center),
		Half:   math.Expm1(t.noise.Half()),
		Floor:  math.Expm1(t.rule.noise),
		N:      t.noise.N,
	}, true
}

// families compares every server with the baseline, under each condition.
func (t *table) families() (list []Family) {
	m, known := metric.Find(t.metric)
	if !known || m.Better == 0 || !m.Ranked && m.Name != t.exp.Primary {
		return nil
	}
	t.exp.Conditions(func(condition map[string]any, e spec.Experiment) bool {
		if (outside(m.Name, e) || m.Name == metric.ThroughputBytes) && m.Name != t.exp.Primary {
			return true // replies of one size: their bytes would say again what their number says
		}
		f := Family{Metric: t.metric, Baseline: t.exp.Baseline, Condition: result.Cell(condition), On: On(t.manifest, condition)}
		base, ok := t.find(condition, t.exp.Baseline)
		if !ok {
			return true
		}
		var ps []float64
		for _, server := range t.exp.Servers {
			if server == t.exp.Baseline {
				continue
			}
			i, ok := t.find(condition, server)
			if ok && (len(t.cells[i].trials) > 0 || t.notAsked(i, base) != "") {
				c, p := t.compare(i, base)
				f.Comparisons = append(f.Comparisons, c)
				ps = append(ps, p)
			}
		}
		figures := false
		for k, p := range stats.Holm(ps) {
			c := &f.Comparisons[k]
			c.P = p
			t.word(c, m, base)
			figures = figures || c.Ratio > 0
		}
		if figures {
			list = append(list, f)
		}
		return true
	})
	return list
}

// outside reports whether a metric is about what happens outside the window. Without sessions, clients connect once and
// all together, before anything is measured; unless the server is stopped under load, it drains when all clients have
// left. Such times are shown, and no verdict rests on them.
func outside(name string, e spec.Experiment) bool {
	switch metric.Of(name).Family() {
	case metric.Connect, metric.FirstReply:
		return e.Load.Requests == 0
	case metric.Drain:
		return !e.Load.Stop
	}
	return false
}

func (t *table) find(condition map[string]any, server string) (int, bool) {
	i, ok := t.byKey[result.Cell(condition).With(server).Key()]
	return i, ok
}

// compare estimates the ratio of two cells, and how probable it is if the true difference lies within the floor.
func (t *table) compare(i, base int) (Comparison, float64) {
	c := Comparison{Server: t.cells[i].ID.Server(), Of: t.cells[i].ID}
	e := t.stats.Compare(i, base)
	if e.N == 0 {
		return c, 1
	}
	c.Ratio = math.Exp(e.Center)
	from, to := e.Interval()
	c.Low, c.High = math.Exp(from), math.Exp(to)
	openUp(&c.Low, &c.High, metric.Of(t.metric), &t.cells[i], &t.cells[base])
	return c, e.P(t.rule.floor)
}

// word chooses the word of a comparison, whose P is corrected for its family.
func (t *table) word(c *Comparison, m metric.Metric, base int) {
	i := t.byKey[c.Of.Key()]
	c.Word = Undecided
	switch {
	case c.Ratio == 0:
		c.Why = t.absent(i, base)
	case speed(t.metric) && t.nobody(i, base) != "": // what it has are the ages of requests
		c.Why = t.nobody(i, base) + " answered nobody here"
	case t.cells[i].Fault.Kind != "":
		c.Faulty, c.Why = c.Server, c.Server+" "+t.cells[i].Fault.Short()+", and the figures of such a server are not ranked"
	case t.cells[base].Fault.Kind != "":
		c.Faulty, c.Why = t.exp.Baseline, t.exp.Baseline+" "+t.cells[base].Fault.Short()+", and nothing is ranked against the figures of such a server"
	case t.cells[i].Metrics[t.metric].TooFew || t.cells[base].Metrics[t.metric].TooFew:
		c.Why = tooFew + "; a longer duration has more"
	case math.IsInf(t.rule.floor, 1):
		c.Why = t.noNoise()
	default:
		switch t.rule.side(math.Log(c.Low), math.Log(c.High), c.P) {
		case equal:
			c.Word = Tie
		case above:
			c.Word = worse(m, true)
		case below:
			c.Word = worse(m, false)
		case unclear:
			t.undecided(c, base, t.rule.floor)
		}
	}
	if u := t.notAsked(i, base); u != "" {
		c.Word, c.Why = NotAsked, u
	}
	c.Marks = marks(t.metric, &t.cells[i], &t.cells[base])
	c.Sentence = t.sentence(*c, base)
}
