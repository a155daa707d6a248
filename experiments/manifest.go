package experiments

import (
	"context"
	"runtime"
	"slices"
	"time"

	"socketbench/experiments/agent"
	"socketbench/experiments/environ"
	"socketbench/experiments/host"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
)

// notMeasured is what no run on one machine can say, for every report.
var notMeasured = []string{
	"network card, round trip and loss: clients and server talk over loopback",
	"more than one machine: generator and server share caches, memory and the kernel",
}

// notMeasuredApart is what no run over several machines can say.
var notMeasuredApart = []string{
	"the network alone: response times include it, and the servers are compared over the same one",
}

// members describes the agents of a run over several machines; none where there is one.
func members(ctx context.Context, a Agents, facts []agent.Facts) (list []result.Agent, err error) {
	if !a.apart() {
		return nil, nil
	}
	list = make([]result.Agent, len(a.all()))
	return list, each(a.all(), func(i int, m Member) error {
		c, err := agent.ReadOffset(ctx, m)
		f := facts[i].Machine
		list[i] = result.Agent{Name: m.Name, CPUModel: f.CPUModel, CPUs: f.NumCPU, Kernel: f.Kernel, RoundTrip: c.Trip}
		return err
	})
}

// describe fills in a manifest that the caller began; the machine is that of the server's agent.
func describe(o Options, by agent.Facts, began time.Time) result.Manifest {
	m := o.Manifest
	e := o.Plan.Experiment
	m.Experiment, m.Question = e.Name, e.Question
	if m.Spec == "" {
		m.Spec = string(e.YAML())
	}
	m.Seed, m.PlanHash = o.Plan.Seed, o.Plan.Hash
	m.Capacities, m.Loads = o.Plan.Capacities, o.Plan.Loads
	m.Go = runtime.Version()
	m.Started = began.Truncate(time.Millisecond)
	m.Placement = e.Placement
	f := by.Machine
	m.Host = result.Host{
		OS: f.OS, Arch: f.Arch, Kernel: f.Kernel, CPUModel: f.CPUModel, CPUs: f.NumCPU,
		MemoryKiB: int64(f.Memory >> 10), Limits: f.Limits, Sysctls: f.Sysctls,
	}
	m.NotMeasured = append([]string(nil), notMeasured...)
	if o.Agents.apart() {
		m.NotMeasured = append([]string(nil), notMeasuredApart...)
	}
	if slices.ContainsFunc(o.Plan.Cells, func(c plan.Cell) bool { return c.Config.Protocol.Work.CPU > 0 }) {
		m.WorkUnit = by.WorkUnit
	}
	if p, err := f.Placement(e.Placement); err == nil {
		if m.Host.ServerCPUs = p.Server; p.Name != host.Apart {
			m.Host.ClientCPUs = p.Client
		}
		if len(p.Server) == 1 {
			m.NotMeasured = append(m.NotMeasured, "more than one server CPU: designs that use several had one")
		}
	}
	if slices.ContainsFunc(o.Plan.Cells, func(c plan.Cell) bool { return c.Load.Idle > 0 && asksNothing(c) }) {
		m.NotMeasured = append(m.NotMeasured, "idle clients that were answered once: where handlers wait, they have connected and asked nothing")
	}
	if f.Virtual {
		m.NotMeasured = append(m.NotMeasured, "real CPUs: these are virtual, and others may use them too")
	}
	m.NotMeasured = slices.Concat(m.NotMeasured, o.Plan.Cut, o.Plan.Skipped, o.Plan.Untold)
	if len(o.Profiles) > 0 {
		m.NotMeasured = append(m.NotMeasured, Unprofiled(o.Plan, o.Registry)...)
	}
	m.Environment = by.Environment
	m.NotMeasured = append(m.NotMeasured, environ.News(m.Environment)...)
	m.Unasked = o.Plan.Unasked
	return m
}

// otherEnvironment lists the variables that reach the servers and differ between the server's agent now and when the run
// began, because readers see the figures of both. Each is listed once, however often the run is resumed.
func otherEnvironment(m result.Manifest, now []environ.Setting) (list []string) {
	for _, d := range environ.Differences(m.Environment, now) {
		if s := "one environment: the run was resumed in another, where " + d; !slices.Contains(m.NotMeasured, s) {
			list = append(list, s)
		}
	}
	return list
}

// asksNothing reports whether the idle clients of a cell are not answered once before they are silent: where a
// handler waits, the first requests of a crowd would take longer than the trial, and be load of their own.
func asksNothing(c plan.Cell) bool { return c.Config.Protocol.Work.Wait > 0 }
