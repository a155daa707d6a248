package verdict

import (
	"fmt"
	"math"
	"slices"
	"time"

	"socketbench/experiments/metric"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
)

// Backend says, before anything is measured, what an experiment asks of the backend behind its handlers: with n slots that
// each take a time, no design answers more than n requests in that time (Little 1961). nil: there is no such bound.
func Backend(e spec.Experiment) (sentences []string) {
	say := func(s string) {
		if !slices.Contains(sentences, s) {
			sentences = append(sentences, s)
		}
	}
	e.Conditions(func(_ map[string]any, e spec.Experiment) bool {
		work, rate := e.Config.Protocol.Work, e.Load.Rate
		for _, text := range e.Require {
			r, err := spec.ParseRequirement(text)
			if _, to := r.Expect.Range(); err == nil && responseTime(metric.Of(r.Metric)) && to <= float64(work.Wait) {
				say(fmt.Sprintf("No design meets '%s': a request spends %v in the backend alone.", text, work.Wait))
			}
		}
		if work.Slots <= 0 || work.Wait <= 0 || rate <= 0 {
			return true
		}
		carries := float64(work.Slots) / work.Wait.Seconds()
		needed := rate * work.Wait.Seconds()
		s := fmt.Sprintf("The backend carries %s: %d slots of %v each. %s need %s of them on average.",
			unit.Tick("requests/s", carries), work.Slots, work.Wait, unit.Tick("requests/s", rate), unit.Tick("count", math.Ceil(needed*10)/10))
		if needed >= float64(work.Slots) {
			s = fmt.Sprintf("The backend carries %s at most: %d slots of %v each. No design answers %s.",
				unit.Tick("requests/s", carries), work.Slots, work.Wait, unit.Tick("requests/s", rate))
		}
		say(s)
		return true
	})
	return sentences
}

// A timer ends late, and a slot that is free again waits until its next request runs. So requests spend longer in a backend
// than they should, and it carries less.
const (
	// queueFree is the share of the slots up to which most requests find a free one, so that the median service time has no
	// wait for a slot in it. Of a random stream that uses four fifths of 20 slots, a quarter of the requests wait (Erlang C).
	queueFree = 0.8
	// asSaid is the share by which a request may spend longer there before anything is said about it.
	asSaid = 0.02
)

// Carried is what a backend carries by the time that a request was measured to spend in it.
type Carried struct {
	Spends time.Duration // a request there: the least median service time of all designs, with the way there and back
	Server string        // the design that shows it
	Rate   float64       // requests/s
	Slots  int
	Wait   time.Duration // that a request should spend there
}

// Carried says what each backend carries, from the conditions in which requests rarely waited for a slot. A design that has
// failed shows nothing, and one that serves one request after the other has a longer median than others.
func (a Analysis) Carried() (list []Carried) {
	a.Experiment.Conditions(func(condition map[string]any, e spec.Experiment) bool {
		work, key := e.Config.Protocol.Work, result.Cell(condition).Key()
		if work.Slots <= 0 || work.Wait <= 0 {
			return true
		}
		for _, c := range a.Cells {
			service, ok := c.Metrics[metric.ServiceP50]
			if c.ID.Without("server").Key() != key || !ok || service.AtLeast || c.Fault != (reason.Fault{}) {
				continue
			}
			one := Carried{Spends: time.Duration(service.Center), Server: c.ID.Server(), Slots: work.Slots, Wait: work.Wait}
			one.Rate = float64(work.Slots) / one.Spends.Seconds()
			if one.Spends < work.Wait || c.Metrics[metric.AchievedRate].Center > queueFree*one.Rate {
				continue
			}
			same := slices.IndexFunc(list, func(d Carried) bool { return d.Slots == one.Slots && d.Wait == one.Wait })
			switch {
			case same < 0:
				list = append(list, one)
			case one.Spends < list[same].Spends:
				list[same] = one
			}
		}
		return true
	})
	return list
}

// Backend says what the backend behind the handlers carries: by arithmetic, and where it is less, by what was measured.
func (a Analysis) Backend() []string {
	list := Backend(a.Experiment)
	for _, c := range a.Carried() {
		if float64(c.Spends) <= (1+asSaid)*float64(c.Wait) {
			continue
		}
		list = append(list, fmt.Sprintf("A request spends %s there on this machine, not %v, by the median service time of %s: the backend carries about %s.",
			unit.Tick("ns", float64(c.Spends)), c.Wait, c.Server, unit.Tick("requests/s", c.Rate)))
	}
	return list
}
