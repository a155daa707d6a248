package verdict

import (
	"slices"

	"socketbench/experiments/result"
)

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
	switch {
	case ServerCPUs(m, c) != 1:
		return ""
	case sharesCPUs(m, c):
		return "on 1 server CPU, shared with the generator"
	}
	return "on 1 server CPU"
}

// sharesCPUs reports whether server and generator of a cell ran on the same CPUs.
func sharesCPUs(m result.Manifest, c result.Cell) bool {
	if placement, varied := c["placement"].(string); varied {
		return placement != "split"
	}
	return slices.Equal(m.Host.ServerCPUs, m.Host.ClientCPUs)
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
