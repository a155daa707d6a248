package watch

import (
	"slices"

	"socketbench/experiments/report/lanes"
)

// Signs is a lane with every kind and every event that a play of the scene shows if the servers keep their promises. A picture
// that is redrawn has them in its legend from the beginning, so that nothing moves when one appears. kernel says whether
// the kernel is asked about the connections.
func (s Scene) Signs(kernel bool) (l lanes.Lane) {
	does := func(what func(Step) bool) bool {
		return slices.ContainsFunc(s.Clients, func(c Client) bool { return slices.ContainsFunc(c.Steps, what) })
	}
	verb := func(name string) bool { return does(func(step Step) bool { return step.Do == name }) }
	text := does(func(step Step) bool { return step.Do == "send" && step.Text != "" })
	reads, answers := verb("read"), verb("read") && (text || s.Datagrams())
	kind := func(k lanes.Kind, shows bool) {
		if shows {
			l.Spans = append(l.Spans, lanes.Span{Kind: k, From: 1, To: 2})
		}
	}
	event := func(e lanes.Event, shows bool) {
		if shows {
			l.Marks = append(l.Marks, lanes.Mark{Event: e, At: 1})
		}
	}
	event(lanes.Sent, verb("send"))
	event(lanes.Answered, answers)
	if s.Datagrams() {
		kind(lanes.Waiting, verb("send"))
		event(lanes.Lost, does(func(step Step) bool { return step.Do == "read" && step.For > 0 }))
		return l
	}
	kind(lanes.Connecting, verb("connect"))
	kind(lanes.Backlog, kernel && verb("connect"))
	kind(lanes.Silent, verb("connect"))
	kind(lanes.Waiting, reads || kernel && text)
	kind(lanes.Serving, text)
	event(lanes.HalfClosed, verb("half-close"))
	event(lanes.Closed, verb("close") || s.Config.IdleTimeout > 0)
	event(lanes.Reset, verb("reset"))
	return l
}
