package verdict

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
)

// Required is what became of the requirements of an experiment for one design, over all of its conditions.
type Required struct {
	Server string
	Word   Word   // Holds: it meets all; Refuted: it fails one; Undecided: it cannot be told of one, and fails none
	Each   []Met  // in the order of the experiment
	First  string // what gives out first, as a clause: "the CPU, 64 % busy"
	Cost   float64 // ns of CPU a request in its costliest condition; 0: not known
}

// Met is what became of one requirement for one design: of the condition in which it fares worst.
type Met struct {
	Finding
	Figure string // its figure there, such as "31.2 ms"; "": it has none
}

// required judges every design by the requirements of the experiment: those that meet all first, the cheapest of them
// before the others, then those of which it cannot be told, then those that fail.
func (j *judge) required() (list []Required, err error) {
	if len(j.exp.Require) == 0 {
		return nil, nil
	}
	var asked []spec.Requirement
	for _, text := range j.exp.Require {
		r, err := spec.ParseRequirement(text)
		if err != nil {
			return nil, fmt.Errorf("verdict: require %q: %w", text, err)
		}
		asked = append(asked, r)
	}
	for _, server := range j.exp.Servers {
		r := Required{Server: server, Word: Holds}
		var cells []int
		for i := range j.cells {
			if j.cells[i].ID.Server() == server {
				cells = append(cells, i)
			}
		}
		for _, q := range asked {
			r.Each = append(r.Each, j.met(q, cells))
		}
		for _, m := range r.Each {
			if urgency(m.Word) < urgency(r.Word) {
				r.Word = m.Word
			}
		}
		for _, i := range cells {
			r.Cost = max(r.Cost, j.cells[i].Metrics[metric.CPUPerRequest].Center)
		}
		share := 0.0
		if r.First, share = j.givesOut(cells); r.Word == Refuted && 0 < share && share < idle {
			r.First = "no resource (the most used is " + r.First + "): requests wait for the design itself"
		}
		list = append(list, r)
	}
	slices.SortStableFunc(list, func(a, b Required) int {
		return cmp.Or(urgency(b.Word)-urgency(a.Word), cmp.Compare(a.Cost, b.Cost))
	})
	return list, nil
}

// urgency orders the outcomes of a requirement, the worst first.
func urgency(w Word) int {
	switch w {
	case Refuted:
		return 0
	case Undecided:
		return 1
	}
	return 2
}

// met judges one requirement in the cells of one design, and returns the worst outcome: the most urgent word, and of
// several cells with that the one whose figure lies worst.
func (j *judge) met(q spec.Requirement, cells []int) (worst Met) {
	b := Bound{Text: q.Text, Metric: q.Metric, Where: q.Where, Expect: q.Expect}
	better := metric.Of(q.Metric).Better
	at := math.Inf(-1)
	found := false
	for _, i := range cells {
		c := &j.cells[i]
		if !b.about(c.ID) {
			continue
		}
		m := Met{Finding: j.held(b, i)}
		bad := math.Inf(-1)
		if s, has := c.figure(q.Metric); has {
			center := s.Center
			if counted(q.Metric) {
				center = s.Total
			}
			m.Figure = s.bound() + unit.Tick(spec.Unit(q.Metric), center)
			if bad = center; better > 0 {
				bad = -bad
			}
		}
		if !found || urgency(m.Word) < urgency(worst.Word) || urgency(m.Word) == urgency(worst.Word) && bad > at {
			worst, at, found = m, bad, true
		}
	}
	if !found {
		worst.Finding = Finding{Bound: q.Text, Word: Holds, Sentence: "It is not about this design."}
	}
	return worst
}

// idle is the share of every resource below which a design that fails is not short of any.
const idle = 0.5

// givesOut says which resource the cells of a design use most of: the one that gives out first when there is more load.
// By Little's law the requests in a backend are the replies per second times the time that each is there, however the
// server is designed; so its slots are a resource like a CPU.
func (j *judge) givesOut(cells []int) (what string, most float64) {
	note := func(share float64, format string, args ...any) {
		if share > most {
			most, what = share, fmt.Sprintf(format, args...)
		}
	}
	slots := j.slots()
	for _, i := range cells {
		c := &j.cells[i]
		center := func(name string) float64 { return c.Metrics[name].Center }
		if n := ServerCPUs(j.manifest, c.ID); n > 0 {
			share := center(metric.ServerCPU) / float64(n)
			note(share, "the server's %s, %s busy", cpus(n), unit.Percent(share))
		}
		if n := slots[c.ID.Without("server").Key()]; n > 0 {
			share := center(metric.InService) / float64(n)
			note(share, "the backend, with %s of its %d slots in use", unit.Tick("count", center(metric.InService)), n)
		}
		if all := float64(j.manifest.Host.MemoryKiB) * 1024; all > 0 {
			share := center(metric.RSSPeak) / all
			note(share, "memory, with %s of %s in use", unit.Tick("bytes", center(metric.RSSPeak)), unit.Tick("bytes", all))
		}
		if n := len(j.manifest.Host.ClientCPUs); n > 0 && !sharesCPUs(j.manifest, c.ID) {
			share := center(metric.ClientCPU) / float64(n)
			note(share, "the generator's %s, %s busy: the server could do more", cpus(n), unit.Percent(share))
		}
	}
	return what, most
}

func cpus(n int) string {
	if n == 1 {
		return "CPU"
	}
	return fmt.Sprintf("%d CPUs", n)
}

// slots are those of the backend, by the key of a condition.
func (j *judge) slots() map[string]int {
	list := map[string]int{}
	j.exp.Conditions(func(condition map[string]any, e spec.Experiment) bool {
		work := e.Config.Protocol.Work
		if work.Wait > 0 {
			id := result.Cell(condition)
			list[id.Key()] = work.Slots
		}
		return true
	})
	return list
}

// Backend says, before anything is measured, what an experiment asks of the backend behind its handlers: with n slots that
// each take a time, no design answers more than n requests in that time (Little 1961). "": there is no such bound.
func Backend(e spec.Experiment) (sentences []string) {
	e.Conditions(func(condition map[string]any, e spec.Experiment) bool {
		work, rate := e.Config.Protocol.Work, e.Load.Rate
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
		if !slices.Contains(sentences, s) {
			sentences = append(sentences, s)
		}
		return true
	})
	return sentences
}

// Decides says in a sentence which designs meet all that is required, and what decides it.
func Decides(list []Required) string {
	var meet, open []string
	backend := true
	for _, r := range list {
		switch r.Word {
		case Holds:
			meet = append(meet, r.Server)
			backend = backend && strings.HasPrefix(r.First, "the backend")
		case Undecided:
			open = append(open, r.Server)
		}
	}
	var s string
	switch n := len(meet); {
	case n == 0 && len(open) == 0:
		s = "No design meets all that is required."
	case n == 0:
		s = "Of no design it can be told that it meets all that is required."
	case n == 1:
		s = fmt.Sprintf("%s alone meets all that is required.", meet[0])
	default:
		s = fmt.Sprintf("%s meet all that is required; %s costs least CPU a request.", unit.Series(meet), meet[0])
	}
	if len(meet) > 1 && backend {
		s += " Of each of them the backend gives out first: it decides, and not the design."
	}
	if len(open) > 0 && len(meet) > 0 {
		s += fmt.Sprintf(" It cannot be told of %s.", unit.Series(open))
	}
	return s
}
