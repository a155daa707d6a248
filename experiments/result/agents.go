package result

import "strings"

// Agent is one of several machines that carried a run out. Host is that of the server's agent.
type Agent struct {
	Name      string `json:"name"`
	CPUModel  string `json:"cpu_model,omitempty"`
	CPUs      int    `json:"cpus"`
	Kernel    string `json:"kernel,omitempty"`
	RoundTrip int64  `json:"round_trip_ns"` // the least to the coordinator, before the first trial
}

// AgentNames lists the machines of a run over several, the server's first.
func (m Manifest) AgentNames() (names []string) {
	for _, a := range m.Agents {
		names = append(names, a.Name)
	}
	return names
}

// Resume is the command that continues the run in dir, on the machines that began it. FILE stands for the fleet's key, whose
// place no result keeps.
func (m Manifest) Resume(dir string) string {
	s := "socketbench run --resume " + dir
	if names := m.AgentNames(); len(names) > 0 {
		s += " --fleet FILE --serve-on " + names[0] + " --load-on " + strings.Join(names[1:], ",")
	}
	return s
}
