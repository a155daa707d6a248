package verdict

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
)

// PushMetrics names the figures of a trial that the search for headroom looks at.
func PushMetrics(e spec.Experiment) []string {
	list := []string{metric.OfferedRate, metric.AchievedRate, metric.Completed, metric.Unanswered, metric.Unserved, metric.ServerCPU,
		metric.ClientCPU, metric.InService, metric.RSSPeak, meanService}
	for _, text := range e.Require {
		if q, err := spec.ParseRequirement(text); err == nil && !slices.Contains(list, q.Metric) {
			list = append(list, q.Metric)
		}
	}
	return list
}

const meanService = metric.Service + "." + metric.Mean

// pushed judges one short trial. fails is what fails first, a clause; "": all is met. spoilt is why the trial says nothing.
func (j *judge) pushed(id result.Cell, p result.Push) (fails, spoilt string) {
	switch {
	case p.Fault != "":
		return "it " + p.Fault, ""
	case p.Spoilt != "":
		return "", p.Spoilt
	case p.Late:
		return "the generator gives out first, so that the design may carry more", ""
	}
	if b, v, broken := j.broken(id, p); broken {
		return fmt.Sprintf("'%s' fails first, with %s", b.Text, unit.Tick(spec.Unit(b.Metric), v)), ""
	}
	for _, b := range j.requiredOf(id) {
		if _, has := pushFigure(p, b.Metric); !has {
			return "", "it has no figure for " + phrase(b.Metric)
		}
	}
	if pushedBehind(p) {
		return fmt.Sprintf("it falls behind first: it answers %s", unit.Tick("requests/s", p.Metrics[metric.AchievedRate])), ""
	}
	return "", ""
}

// broken is the first requirement that a trial does not meet, and its figure.
func (j *judge) broken(id result.Cell, p result.Push) (b Bound, v float64, is bool) {
	for _, b := range j.requiredOf(id) {
		if v, has := pushFigure(p, b.Metric); has && !b.Expect.Holds(v) {
			return b, v, true
		}
	}
	return Bound{}, 0, false
}

// pushFigure is a figure of a trial. A kind of failed connection that it does not name had none, and what no measurement can
// be is no figure.
func pushFigure(p result.Push, name string) (v float64, has bool) {
	v, has = p.Metrics[name]
	return v, has && metric.Of(name).Possible(v) || !has && strings.HasPrefix(name, "errors.")
}

// pushedBehind reports whether the server answered less than was offered, but for what chance explains: requests that are
// under way at the ends of a short window.
func pushedBehind(p result.Push) bool {
	m := p.Metrics
	chance := 1 / math.Sqrt(max(1, m[metric.Completed]))
	return load.FellBehind(m) && m[metric.AchievedRate] < (0.99-chance)*m[metric.OfferedRate]
}

// nearlyFull is how much of a resource a server that falls behind uses at least, if that is why: a wait of 10 ms in a slot
// takes 11 ms on a busy machine, and the slot is not free meanwhile.
const nearlyFull = 0.8

// gaveOut says which resource gave out in a trial that did not meet all.
func (j *judge) gaveOut(id result.Cell, p result.Push) Short {
	if p.Late {
		return Short{ofGenerator, "the generator"}
	}
	use, share := j.used(id, j.slots(), func(name string) float64 { return p.Metrics[name] })
	b, _, broken := j.broken(id, p)
	switch {
	case broken && strings.HasPrefix(b.Metric, "rss_"):
		return Short{ofMemory, "memory: it takes more than is required"}
	case p.Fault != "":
		return Short{ofDesign, "the design itself"}
	case share >= full, pushedBehind(p) && share >= nearlyFull:
		return use
	case j.allAsking(id, p):
		return Short{ofConnections, "the connections: all of them wait for a reply nearly all the time"}
	case pushedBehind(p), p.Metrics[metric.Unserved] > 0:
		return Short{ofDesign, "the design itself"}
	case share >= roomy:
		return use
	}
	return Short{"", "nothing is half used"}
}

// allAsking reports whether the clients had no connection left to ask on, although a reply took hardly longer than at the
// load asked. By Little's law the requests under way are the replies per second times the time that each takes.
func (j *judge) allAsking(id result.Cell, p result.Push) bool {
	c := &j.cells[j.byKey[id.Key()]]
	usual, now := c.Metrics[meanService].Center, p.Metrics[meanService]
	places := 0.0
	j.exp.Conditions(func(condition map[string]any, e spec.Experiment) bool {
		if result.Cell(condition).Key() != id.Without("server").Key() {
			return true
		}
		places = float64(e.Load.Connections * e.Load.Pipeline)
		return false
	})
	return usual > 0 && now < 1.5*usual && p.Metrics[metric.AchievedRate]*now/1e9 >= full*places
}
