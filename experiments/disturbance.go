package experiments

import (
	"slices"
	"time"

	"socketbench/experiments/disturb"
	"socketbench/experiments/host"
)

// disturbance notes what else used the CPUs of the trial between the two observations: as shares of that time, from which
// it is decided whether the trial is run again (package disturb), and as the counters behind them. What the platform does
// not tell is absent.
func (m *measurement) disturbance() {
	raw, p := m.trial.Raw, m.serving.Placement
	from, to := m.from(), m.to()
	told := disturb.Figures{Shares: map[disturb.Signal]float64{}}
	if len(p.Server) > 0 && from.Machine.At < to.Machine.At && from.Generating && to.Generating {
		raw["server_steal_ns"] = float64(to.Machine.StolenSince(from.Machine, p.Server))
		told.Shares[disturb.ServerCPUs] = m.others(p.Server)
		if m.apart() {
			raw["generator_steal_ns"] = float64(to.Machine.StolenSince(from.Machine, p.Client))
			told.Shares[disturb.GeneratorCPUs] = m.others(p.Client)
		}
	}
	if used := to.Server.Since(from.Server); used.Waits {
		raw["server_wait_ns"] = float64(used.Wait)
	}
	if m.apart() && m.load != nil {
		told.Shares[disturb.Pause] = min(1, float64(m.load.Paused)/float64(max(1, m.window)))
	}
	if from.Generating && to.Generating {
		used := to.Generator.Since(from.Generator)
		raw["generator_switches_involuntary"] = float64(used.Involuntary)
		if used.Waits {
			raw["generator_wait_ns"] = float64(used.Wait)
			if m.apart() {
				told.Shares[disturb.Wait] = min(1, float64(used.Wait)/float64(to.Generator.At-from.Generator.At))
			}
		}
	}
	told.Store(raw)
}

// apart reports whether the generator has CPUs of its own: where it shares them with the server it waits for the server,
// which is no disturbance.
func (m *measurement) apart() bool { return m.serving.Placement.Name == host.Split }

// others is the share of CPUs that neither the server nor the generator nor this process used between the observations.
func (m *measurement) others(cpus []int) float64 {
	from, to, p := m.from(), m.to(), m.serving.Placement
	elapsed := to.Machine.At - from.Machine.At
	busy := to.Machine.BusySince(from.Machine, cpus)
	for _, party := range []struct {
		cpus     []int
		from, to host.Usage
	}{
		{p.Server, from.Server, to.Server},
		{p.Client, from.Generator, to.Generator},
		{p.Beside(), from.Self, to.Self},
	} {
		over := party.to.At - party.from.At
		if over <= 0 || len(party.cpus) > 0 && !slices.ContainsFunc(cpus, func(c int) bool { return slices.Contains(party.cpus, c) }) {
			continue
		}
		// They are read a little beside the CPUs: what counts is the time that they used in as long a time.
		busy -= time.Duration(float64(party.to.CPU-party.from.CPU) * float64(elapsed) / float64(over))
	}
	return min(1, max(0, float64(busy)/float64(elapsed)/float64(len(cpus))))
}
