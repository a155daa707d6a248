package spec

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/unit"
)

// Limits are what the machine allows to the clients of a cell together. 0: no limit, or none that is known.
type Limits struct {
	Descriptors int    // that a process may open
	Ports       int    // that connections to one address may come from
	Memory      uint64 // bytes that are free
	Of          string // whose descriptors they are; "": those of a process here
}

const (
	// OwnDescriptors is an upper estimate of those that a server has open beside its connections.
	OwnDescriptors = 16
	// leastDescriptors are those without which this process starts no other.
	leastDescriptors = 64
	// clientMemory is an upper estimate of the bytes that a connection takes of server, generator and kernel together,
	// beside its requests. The costliest designs have a thread or a stack and a buffer for each.
	clientMemory = 64 << 10
	// requestMemory is the most that the kernel and both ends hold of the requests of one connection.
	requestMemory = 4 << 20
)

// bound is one limit, in clients.
type bound struct {
	most int
	why  string                   // a clause
	fix  func(clients int) string // what to do so that so many fit; nil: nothing can be done
}

// bounds are the limits that matter to e.
func (e Experiment) bounds(l Limits) (list []bound) {
	if l.Descriptors > 0 {
		list = append(list, bound{l.Descriptors - OwnDescriptors, fmt.Sprintf("%s may open %s descriptors", cmp.Or(l.Of, "a process here"), unit.Count(l.Descriptors)),
			func(clients int) string { return fmt.Sprintf("raise that with ulimit -n %d", clients+OwnDescriptors) }})
	}
	portable := e.Load.WithDefaults().Engine == load.EnginePortable || e.values("load.engine", load.EnginePortable)
	if l.Ports > 0 && portable && (e.Transport == "tcp" || e.values("transport", "tcp")) {
		list = append(list, bound{l.Ports, fmt.Sprintf("connections to one address may come from %s ports", unit.Count(l.Ports)),
			func(int) string { return "widen net.ipv4.ip_local_port_range, or choose load.engine epoll" }})
	}
	if l.Memory > 0 {
		each := uint64(clientMemory + min(requestMemory, 2*e.largest("load.size")*e.largest("load.pipeline")))
		list = append(list, bound{int(min(l.Memory/2/each, 1<<30)), fmt.Sprintf("half of the free memory is %s, and a client may take %s",
			unit.Format("bytes", float64(l.Memory/2)), unit.Format("bytes", float64(each))), nil})
	}
	return list
}

// Fit cuts the numbers of clients down to what the machine allows, and says so in a sentence for each. The largest number
// is cut first, so that every combination of the varied fields fits. Values that become the same are one condition, and
// predictions speak of the values that are left. It is an error if not even one client of each kind fits.
func (e Experiment) Fit(l Limits) (fitted Experiment, cut []string, err error) {
	if l.Descriptors > 0 && l.Descriptors < leastDescriptors {
		return e, nil, fmt.Errorf("a process here may open %d descriptors, and a run needs %d at least; raise it: ulimit -n 20000", l.Descriptors, leastDescriptors)
	}
	for _, b := range e.bounds(l) {
		crowds := e.crowds()
		wanted := crowds.total()
		for total := wanted; total > b.most; total = crowds.total() {
			c := crowds.largest()
			left := max(1, c.clients-(total-b.most))
			if left == c.clients {
				return e, nil, fmt.Errorf("not even one client of each kind fits: %s%s", b.why, remedy(b, wanted))
			}
			c.clients, c.cut = left, true
		}
		for _, c := range crowds {
			if !c.cut {
				continue
			}
			var s string
			e, s = e.capped(c.field, c.clients)
			cut = append(cut, fmt.Sprintf("%s: %s%s", s, b.why, remedy(b, wanted)))
		}
	}
	return e, cut, nil
}

func remedy(b bound, clients int) string {
	if b.fix == nil {
		return ""
	}
	return "; " + b.fix(clients)
}

// crowd is the clients of one kind in the condition that has most of them.
type crowd struct {
	field   field
	clients int
	cut     bool
}

type crowds []crowd

// crowds lists every kind of clients of e.
func (e Experiment) crowds() (list crowds) {
	for _, f := range fields {
		if f.clients {
			list = append(list, crowd{field: f, clients: e.largest(f.path)})
		}
	}
	return list
}

// largest is the largest number that a field has under any condition.
func (e Experiment) largest(path string) int {
	f, _ := fieldByPath(path)
	v, _ := f.get(e)
	values := []any{v}
	for _, factor := range e.Vary {
		if factor.Field == path {
			values = factor.Values
		}
	}
	return slices.MaxFunc(values, func(a, b any) int { return a.(int) - b.(int) }).(int)
}

func (list crowds) total() (clients int) {
	for _, c := range list {
		clients += c.clients
	}
	return clients
}

func (list crowds) largest() *crowd {
	largest := &list[0]
	for i := range list {
		if list[i].clients > largest.clients {
			largest = &list[i]
		}
	}
	return largest
}

// capped returns e with no value of a field above most, and what that changes in words.
func (e Experiment) capped(f field, most int) (Experiment, string) {
	fixed := !e.Varies(f.path)
	var larger []string
	lower := func(v any) any {
		n, is := v.(int)
		if !is || n <= most {
			return v
		}
		if s := unit.Count(n); !slices.Contains(larger, s) {
			larger = append(larger, s)
		}
		return most
	}
	if fixed {
		v, _ := f.get(e)
		put(f.target(&e), lower(v))
	}
	e.Vary = slices.Clone(e.Vary)
	for i, factor := range e.Vary {
		if factor.Field != f.path {
			continue
		}
		var values []any
		for _, v := range factor.Values {
			if v = lower(v); !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		e.Vary[i].Values = values
	}
	words := fmt.Sprintf("%s instead of %s", Phrase(f.path, unit.Count(most)), unit.Series(larger))
	e.Predict = slices.Clone(e.Predict)
	for i := range e.Predict {
		p := &e.Predict[i]
		before := *p
		p.Of, p.Against = maps.Clone(p.Of), maps.Clone(p.Against)
		changed := fixed && f.path == "load.connections"
		for _, cell := range []map[string]any{p.Of, p.Against} {
			if v, ok := cell[f.path]; ok && lower(v) != v {
				cell[f.path], changed = most, true
			}
		}
		if !changed || p.NotAsked != "" {
			continue
		}
		switch {
		case p.Against != nil && maps.Equal(p.Of, p.Against):
			p.Of, p.Against = before.Of, before.Against
			p.NotAsked = words + " leave nothing to compare"
		case p.Against == nil && p.Expected.Value != 0 && p.Metric != metric.Answered:
			p.NotAsked = "it expects a figure of another number of clients: " + words
		default:
			p.Claim = fmt.Sprintf("%s (asked with %s).", strings.TrimSuffix(p.Claim, "."), words)
		}
	}
	return e, words
}
