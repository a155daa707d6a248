package agent

import (
	"context"
	"time"

	"socketbench/patterns/proc"
)

// An Offset is what is known of an agent's clock, in ns.
type Offset struct {
	Ahead  int64 // of proc.Clock here
	Within int64 // Ahead is wrong by no more
	Trip   int64 // the least round trip to the agent
	Most   int64 // the longest one: the agent, or the way to it, was busy
	At     int64 // when it was asked, on proc.Clock
}

// clockReadings is how often an agent is asked for its clock.
const clockReadings = 32

// ReadOffset asks an agent for its clock. The answer was read at some moment of the round trip; of many trips the shortest
// counts, and its middle is wrong by half of it at most (Cristian: Probabilistic Clock Synchronization, 1989).
func ReadOffset(ctx context.Context, a Agent) (o Offset, err error) {
	for n := range clockReadings {
		before := proc.Clock()
		theirs, err := a.Clock(ctx)
		if err != nil {
			return Offset{}, err
		}
		after := proc.Clock()
		trip := after - before
		if n == 0 || trip < o.Trip {
			o = Offset{Ahead: theirs - before - trip/2, Within: trip/2 + 1, Trip: trip, Most: o.Most, At: before}
		}
		o.Most = max(o.Most, trip)
	}
	return o, nil
}

// mostApart is by which share of the time between them two good clocks may drift apart: twice what a cheap quartz is off.
const mostApart = 100e-6

// Stepped says by how much a clock was set between two readings of it; 0 where their errors and the drift of quartzes
// explain the difference.
func (o Offset) Stepped(later Offset) time.Duration {
	by := later.Ahead - o.Ahead
	if free := o.Within + later.Within + int64(mostApart*float64(later.At-o.At)); max(by, -by) <= free {
		return 0
	}
	return time.Duration(by)
}
