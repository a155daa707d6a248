package spec

import "socketbench/experiments/load"

// standIn is the load of a cell with a number where a share is given, whose value is found later: what else can be wrong
// with a load does not depend on it.
func (e Experiment) standIn() load.Options {
	l := e.Load
	if e.Shares.Rate > 0 && l.OpenLoop() {
		l.Rate = 1
	}
	if e.Shares.Peak > 0 {
		l.Burst.Peak = 1
	}
	return l
}

// shareProblems reports what is wrong with the shares of one cell.
func (e Experiment) shareProblems() (list problems) {
	for _, f := range fields {
		if f.instead == "" {
			continue
		}
		other, _ := fieldByPath(f.instead)
		_, given := f.get(e)
		if _, beside := other.get(e); given && beside {
			list.contradict(f.path, f.instead, "%s and %s say the same thing in two units; leave one of them out", f.path, f.instead)
		}
	}
	open := e.Load.OpenLoop()
	switch s := e.Shares; {
	case s.Rate > 0 && !open:
		list.contradict("load.utilization", "load.arrivals", "utilization is the rate of an open loop, and arrivals are closed; choose arrivals %s, %s or %s, or give think_utilization in its place", load.Constant, load.Poisson, load.Bursts)
	case s.Think > 0 && open:
		list.contradict("load.think_utilization", "load.arrivals", "think_utilization is the pause of a closed loop, and arrivals %s follow a schedule; choose arrivals %s, or give utilization in its place", e.Load.Arrivals, load.Closed)
	}
	return list
}

// IsShare reports whether a field is a share of what a server carries.
func IsShare(path string) bool {
	f, _ := fieldByPath(path)
	return f.kind == share
}
