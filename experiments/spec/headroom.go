package spec

import "socketbench/experiments/load"

// headroomProblems reports why the headroom of an experiment cannot be searched. The search multiplies one rate, and
// looks for the load at which a requirement fails.
func (e Experiment) headroomProblems() (list problems) {
	if !e.Headroom {
		return nil
	}
	if len(e.Require) == 0 {
		list.bad("headroom", "headroom is the load at which a requirement fails, and nothing is required; give --require 'latency.p99 < 200ms' and --headroom, or require in the file")
		return list
	}
	if e.Placement == apart {
		list.bad("headroom", "headroom is searched on one machine alone; leave it or --fleet out")
		return list
	}
	e.Conditions(func(_ map[string]any, c Experiment) bool {
		switch {
		case c.Load.Arrivals == load.Bursts:
			list.bad("headroom", "headroom multiplies one rate, and bursts have two; set load.arrivals to poisson, or leave headroom out")
		case !c.Load.OpenLoop():
			list.bad("headroom", "headroom multiplies the rate of an open loop, and the clients of a closed loop have none; give load.rate, such as 1k, or leave headroom out")
		}
		return len(list) == 0
	})
	return list
}
