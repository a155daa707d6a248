package verdict

import (
	"fmt"
	"strconv"
	"strings"

	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
)

// Headroom is how much more load than was asked a design takes until it fails what is required, under the condition in
// which that is least.
type Headroom struct {
	Search   result.Headroom // the trials that say so
	Met      float64         // times the load asked: the most at which all is met; 0: not even the load asked
	Plays    int             // how many trials met all at that load; 0: only the blocks have shown it
	Failed   float64         // times the load asked: the least at which something fails; 0: nothing did in the search
	Fails    string          // what fails first there, a clause, such as "'latency.p99 < 200ms' fails first, with 340 ms"
	Short    Short           // what gives out there
	Spoilt   string          // why the search could not go on; "": it could
	Open     bool            // the search was interrupted, and run --resume goes on with it
	Sentence string
}

// AtLeast reports whether the design may take more than Met says: nothing failed, or the generator gave out.
func (h Headroom) AtLeast() bool { return h.Failed == 0 || h.Short.Of == ofGenerator }

// String is the headroom in a few words: "2.6 times".
func (h Headroom) String() string {
	switch {
	case h.Met == 0:
		return "none"
	case h.AtLeast() && h.Met == 1:
		return "at least the load asked"
	case h.AtLeast():
		return "at least " + manyTimes(h.Met)
	case h.Met == 1:
		return "less than " + manyTimes(h.Failed)
	}
	return manyTimes(h.Met)
}

// manyTimes writes a multiple with two digits.
func manyTimes(v float64) string {
	digits := 1
	if v >= 9.95 {
		digits = 0
	}
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', digits, 64), ".0") + " times"
}

// Searches lists, for each design that may have headroom, the searches for it that its conditions ask for: of those that
// meet all that is required, and of those of which it cannot be told. Rate is left to the caller, who knows what
// utilizations came to, and so are the trials.
func (a Analysis) Searches() (designs [][]result.Headroom) {
	if a.laid == nil || !a.Experiment.Headroom {
		return nil
	}
	for _, r := range a.Required {
		if list := a.laid.searches(r); len(list) > 0 {
			designs = append(designs, list)
		}
	}
	return designs
}

// searches are those of one design.
func (j *judge) searches(r Required) (list []result.Headroom) {
	if r.Word == Refuted {
		return nil
	}
	for i := range j.cells {
		c := &j.cells[i]
		required := j.requiredOf(c.ID)
		if c.ID.Server() != r.Server || len(required) == 0 {
			continue
		}
		if why, _ := j.unfit(i); why != "" || j.failed(i) != "" {
			return nil // more load does not make it fit
		}
		known := !c.Limits.often(c.Limits.Behind)
		for _, b := range required {
			known = known && j.held(b, i).Word == Holds
		}
		list = append(list, result.Headroom{Cell: c.ID, Most: MostTimes, Known: known})
	}
	return list
}

// requiredOf are the requirements that are about a cell, without those that are about more clients than it has. Those that
// cannot be read are reported by required.
func (j *judge) requiredOf(id result.Cell) (list []Bound) {
	for _, text := range j.exp.Require {
		q, err := spec.ParseRequirement(text)
		b := Bound{Text: q.Text, Metric: q.Metric, Where: q.Where, Expect: q.Expect}
		if err == nil && b.about(id) && !j.exp.Extrapolates(q) {
			list = append(list, b)
		}
	}
	return list
}

// Push says which multiple of the load a search plays next, or that it is over.
func (a Analysis) Push(h result.Headroom) (times float64, more bool) { return a.laid.climb(h).next() }

// climb is a search as far as it has come.
func (j *judge) climb(h result.Headroom) *climb {
	c := &climb{most: h.Most, known: h.Known}
	for _, p := range h.Pushes {
		switch fails, spoilt := j.pushed(h.Cell, p); {
		case spoilt != "":
			c.noteSpoilt()
		default:
			c.note(p.Times, fails == "")
		}
	}
	return c
}

// headroom is what the searches of one design have found; nil if there were none. The condition with the least counts, and
// of several with that the one in which something fails.
func (j *judge) headroom(server string) (least *Headroom) {
	for _, search := range j.manifest.Headrooms {
		if search.Cell.Server() != server {
			continue
		}
		h := j.found(search)
		if least == nil || h.Met < least.Met || h.Met == least.Met && least.Failed == 0 && h.Failed > 0 {
			least = &h
		}
	}
	return least
}

// Found is what a search has found so far.
func (a Analysis) Found(h result.Headroom) Headroom { return a.laid.found(h) }

func (j *judge) found(search result.Headroom) Headroom {
	c := j.climb(search)
	low, high := c.between()
	h := Headroom{Search: search, Met: low.times, Plays: low.holds, Failed: high.times}
	_, h.Open = c.next()
	for _, p := range search.Pushes {
		fails, spoilt := j.pushed(search.Cell, p)
		if h.Failed > 0 && p.Times == h.Failed && fails != "" {
			h.Fails, h.Short = fails, j.gaveOut(search.Cell, p)
		}
		if c.spoilt == mostSpoiltPushes && spoilt != "" {
			h.Spoilt = spoilt
		}
	}
	if h.Sentence = h.sentence(); j.exp.Beyond > 0 {
		h.Sentence += " The memory with " + idleClients(j.exp.Beyond) + " is not part of it."
	}
	return h
}

// rate writes what was offered at a multiple of the load asked.
func (h Headroom) rate(times float64) string {
	for _, p := range h.Search.Pushes {
		if p.Times == times {
			return unit.Tick("requests/s", p.Rate)
		}
	}
	return unit.Tick("requests/s", times*h.Search.Rate)
}

// sentence says what a search has found.
func (h Headroom) sentence() string {
	who := named(h.Search.Cell)
	var s string
	switch met, failed := h.rate(h.Met), h.rate(h.Failed); {
	case h.Met == 0 && h.Failed == 0:
		s = who + ": how much more load it takes cannot be told"
	case h.Met == 0:
		s = fmt.Sprintf("%s has no headroom: in the search, at the load asked (%s), %s", who, failed, h.Fails)
	case h.Failed == 0 && h.Met == 1:
		s = fmt.Sprintf("%s meets all at the load asked (%s)", who, met)
	case h.Failed == 0:
		s = fmt.Sprintf("%s meets all up to at least %s the load asked (%s)", who, manyTimes(h.Met), met)
		if h.Spoilt == "" && !h.Open {
			s += ": the search ends there"
		}
	case h.Met == 1:
		s = fmt.Sprintf("%s meets all at the load asked (%s), and at %s (%s) %s", who, met, manyTimes(h.Failed), failed, h.Fails)
	default:
		s = fmt.Sprintf("%s meets all up to %s the load asked (%s); at %s (%s) %s", who, manyTimes(h.Met), met, manyTimes(h.Failed), failed, h.Fails)
	}
	switch {
	case h.Failed > 0 && h.Short.Of == "":
		s += ", while nothing is half used"
	case h.Failed > 0 && h.Short.Of != ofGenerator && h.Short.Of != ofMemory:
		s += "; what gives out is " + h.Short.Clause
	}
	if h.Spoilt != "" {
		s += fmt.Sprintf("; the search could not go on: in %d of its trials %s", mostSpoiltPushes, h.Spoilt)
	}
	if h.Open {
		s += "; the search is not finished (run --resume)"
	} else if h.Met > 1 && h.Plays == 1 {
		s += "; that load was played only once"
	}
	return s + "."
}
