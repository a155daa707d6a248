package verdict

import "socketbench/experiments/result"

// ServerCPUs is how many CPUs the server of a cell had in a run; 0 where that is not known.
func ServerCPUs(m result.Manifest, c result.Cell) int {
	switch placement, varied := c["placement"].(string); {
	case varied && placement == "same":
		return 1
	case varied && placement == "shared", len(m.Host.ServerCPUs) == 0:
		return m.Host.CPUs
	case varied && m.Placement != "" && m.Placement != placement:
		return 0
	}
	return len(m.Host.ServerCPUs)
}

// On says on how many CPUs the server of a cell ran, where that is one: a design that can use several had no more.
func On(m result.Manifest, c result.Cell) string {
	if ServerCPUs(m, c) == 1 {
		return "on 1 server CPU"
	}
	return ""
}

// on is the end of a clause about two cells of a run, such as ", on 1 server CPU". It is "" where they had different numbers
// of CPUs, and for counts, which need no such condition.
func (j *judge) on(name string, of, base result.Cell) string {
	where := On(j.manifest, of)
	if where == "" || counted(name) || where != On(j.manifest, base) {
		return ""
	}
	return ", " + where
}
