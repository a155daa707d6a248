package experiments

import (
	"slices"
	"time"

	"socketbench/experiments/agent"
	"socketbench/experiments/disturb"
	"socketbench/experiments/host"
)

// disturbance notes what else used the CPUs of the trial between the readings at both ends of the window: as shares of that
// time, from which it is decided whether the trial is run again (package disturb), and as the counters behind them. What
// the platform does not tell is absent. Of several generators the most disturbed one counts.
func (m *measurement) disturbance() {
	raw, told := m.trial.Raw, disturb.Figures{Shares: map[disturb.Signal]float64{}}
	server, cpus := activity{m.served.Seen, m.serving.Placement}, m.serving.Placement.Server
	if len(cpus) > 0 && server.read() {
		raw["server_steal_ns"] = float64(server.To.Machine.StolenSince(server.From.Machine, cpus))
		told.Shares[disturb.ServerCPUs] = server.others(cpus)
	}
	if used := server.To.Server.Since(server.From.Server); used.Waits {
		raw["server_wait_ns"] = float64(used.Wait)
	}
	most := func(s disturb.Signal, share float64) { told.Shares[s] = max(told.Shares[s], min(1, share)) }
	for _, p := range m.players {
		own, a := p.Placement.OwnCPUs(), activity{p.Seen, p.Placement}
		if own && a.read() {
			raw["generator_steal_ns"] += float64(a.To.Machine.StolenSince(a.From.Machine, p.Placement.Client))
			most(disturb.GeneratorCPUs, a.others(p.Placement.Client))
		}
		if own && p.Load != nil {
			most(disturb.Pause, float64(p.Load.Paused)/float64(max(1, m.window)))
		}
		if !a.From.Generating || !a.To.Generating {
			continue
		}
		used := a.To.Generator.Since(a.From.Generator)
		raw["generator_switches_involuntary"] += float64(used.Involuntary)
		if used.Waits {
			raw["generator_wait_ns"] += float64(used.Wait)
			if own {
				most(disturb.Wait, float64(used.Wait)/float64(a.To.Generator.At-a.From.Generator.At))
			}
		}
	}
	told.Store(raw)
}

// activity is what an agent saw of its CPUs.
type activity struct {
	agent.Seen
	placement host.Placement
}

// read reports whether the CPUs, and the processes that the agent started, were read at both ends of the window.
func (a activity) read() bool {
	from, to := a.From, a.To
	return 0 < from.Machine.At && from.Machine.At < to.Machine.At && from.Generating == to.Generating && from.Served == to.Served
}

// others is the share of CPUs that neither the server nor the generator nor the agent used between the readings.
func (a activity) others(cpus []int) float64 {
	from, to, p := a.From, a.To, a.placement
	elapsed := to.Machine.At - from.Machine.At
	busy := to.Machine.BusySince(from.Machine, cpus)
	for _, party := range []struct {
		cpus     []int
		from, to host.Usage
	}{
		{p.Server, from.Server, to.Server},
		{p.Client, from.Generator, to.Generator},
		{p.Beside, from.Self, to.Self},
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
