package experiments

import (
	"maps"
	"math"
	"time"

	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/reason"
)

// minConnections is the least number of connections for which memory per connection means something. With fewer, the
// memory that the collector has not yet taken back is larger than the memory that the connections hold.
const minConnections = 100

// figures turns what was read into the trial's metrics, and stores the counters behind them in Raw. What could not be read
// is absent.
func (m *measurement) figures() {
	metrics, raw := m.trial.Metrics, m.trial.Raw
	if m.served.Seen.Whole {
		m.counters(metrics, raw)
		m.readInTime(m.to().Server.At - m.from().Server.At)
		m.disturbance()
	}
	if from, to := m.from(), m.to(); from.Datagrams && to.Datagrams {
		metrics[metric.DroppedServer] = float64(to.Dropped - from.Dropped)
	}
	if peak := m.served.Seen.Peak; peak.Processes > 0 {
		metrics[metric.RSSPeak] = float64(peak.RSS)
		metrics[metric.ThreadsPeak] = float64(peak.Threads)
		raw["processes_peak"] = float64(peak.Processes)
	}
	if n := m.served.Seen.Peak.Goroutines; n > 0 {
		metrics[metric.GoroutinesPeak] = float64(n)
	}
	if drained := m.ending.Drained; drained.Nanoseconds > 0 {
		metrics[metric.Drain] = float64(drained.Nanoseconds)
	}
	if last := m.ending.Drained.Last; last.Clock > 0 {
		raw["server.conns"] = float64(last.Conns)
		raw["server.read_bytes"] = float64(last.Read)
		raw["server.written_bytes"] = float64(last.Written)
		raw["server.dropped"] = float64(last.Dropped)
		raw["server.faults"] = float64(last.Faults)
	}
	if m.load != nil {
		m.generator(metrics, raw)
		m.answers()
		m.works()
		m.lostAtDrain(metrics, raw)
	}
}

// lostAtDrain compares the input of a server that was stopped under load with the replies that came back, over its whole
// life. Replies are as long as requests. There is no figure for a server that does not count its input, or only a part.
func (m *measurement) lostAtDrain(metrics, raw map[string]float64) {
	read, back := m.ending.Drained.Last.Read, m.load.Received
	if !m.played.Stop || !m.ending.Stopped {
		return
	}
	raw["client.received_bytes"] = float64(back)
	if read > 0 && read >= back {
		metrics[metric.RepliesLostAtDrain] = math.Ceil(float64(read-back) / float64(m.played.Size))
	}
}

// generator takes over what the generator measured, and judges it again now that it is known how busy the server
// was.
func (m *measurement) generator(metrics, raw map[string]float64) {
	busy := -1.0
	if cpus, ok := metrics[metric.ServerCPU]; ok && len(m.serving.Placement.Server) > 0 {
		busy = cpus / float64(len(m.serving.Placement.Server))
	}
	o := m.played
	m.judge(o, busy)
	maps.Copy(metrics, m.load.Metrics)
	m.trial.Engine = m.load.Engine
	m.trial.Valid = m.trial.Valid && m.load.Valid
	m.trial.Reasons = append(m.trial.Reasons, m.load.Reasons...)
	m.trial.LowerBound = m.load.LowerBound
	m.trial.AtLeast = float64(m.load.AtLeast)
	m.trial.ServerLimited = busy > load.FullCPU
	if m.load.Pause > 0 {
		raw["generator_pause_ns"] = float64(m.load.Pause)
		raw["generator_paused_ns"] = float64(m.load.Paused)
		raw["generator_spoiled"] = m.load.Spoiled
	}
	raw["late"] = float64(m.load.Late)
	raw["censored"] = float64(m.load.Censored)
	for name, n := range m.load.Disturbers {
		raw[name] = float64(n)
	}

	if !m.trial.ServerLimited { // where a queue grows, what drifts is the queue
		m.drift()
	}

	rate := metrics[metric.AchievedRate]
	if wait := m.cell.Config.Protocol.Work.Wait; wait > 0 && rate > 0 {
		metrics[metric.InService] = rate * wait.Seconds()
	}
	if !m.served.Seen.Whole || rate <= 0 {
		return
	}
	// The counters were read a little beside the generator's window, so each is divided by
	// its own time: the ratio of two rates, not of two counts.
	from, to := m.from(), m.to()
	used := to.Server.Since(from.Server)
	requests := rate * (to.Server.At - from.Server.At).Seconds()
	maps.Copy(metrics, timesPerRequest(used, requests))
	metrics[metric.SwitchesPerRequest] = float64(used.Voluntary+used.Involuntary) / requests
	if m.counts() {
		metrics[metric.ReadsPerRequest] = float64(used.Reads) / requests
		metrics[metric.WritesPerRequest] = float64(used.Writes) / requests
	}
	if soft, ok := raw["softirq_ns"]; ok {
		metrics[metric.SoftIRQPerRequest] = soft / (rate * (to.Machine.At - from.Machine.At).Seconds())
	}
}

// timesPerRequest are the CPU times of a request. A server that has answered has used some: where its clock says none, the
// moments of its readings lie beside its answers, and there is no figure.
func timesPerRequest(used host.Usage, requests float64) map[string]float64 {
	if used.CPU <= 0 {
		return nil
	}
	each := func(d time.Duration) float64 { return float64(d) / requests }
	return map[string]float64{metric.CPUPerRequest: each(used.CPU), metric.CPUUserPerRequest: each(used.User), metric.CPUSysPerRequest: each(used.Sys)}
}

// judge judges what each agent measured, and then all of it: one late generator of many makes the trial invalid, though it
// could not move the percentiles of all.
func (m *measurement) judge(o load.Options, busy float64) {
	load.Judge(o, m.load, busy)
	if len(m.players) == 1 {
		return
	}
	for _, p := range m.players {
		load.Judge(o, p.Load, busy)
		for _, why := range p.Load.Reasons {
			switch {
			case !why.Warning:
				m.load.Reasons.Invalid(why.Kind, "%s", m.by(p, why.Text))
				m.load.Valid = false
			case why.Kind == reason.Pause: // of all together it does not say whose it was
				m.load.Reasons.Warn(why.Kind, "%s", m.by(p, why.Text))
			}
		}
	}
}

// there returns how many connections there were when the window ended and memory was read.
func (m *measurement) there() int64 {
	if m.load == nil {
		return 0
	}
	n, _ := m.load.There()
	return n
}

// counters derives the figures that need both ends of the window but no requests.
func (m *measurement) counters(metrics, raw map[string]float64) {
	from, to := m.from(), m.to()
	used, elapsed := to.Server.Since(from.Server), to.Server.At-from.Server.At
	metrics[metric.ServerCPU] = used.CPU.Seconds() / elapsed.Seconds()

	raw["window_ns"] = float64(elapsed)
	raw["cpu_ns"] = float64(used.CPU)
	raw["cpu_user_ns"] = float64(used.User)
	raw["cpu_sys_ns"] = float64(used.Sys)
	raw["switches_voluntary"] = float64(used.Voluntary)
	raw["switches_involuntary"] = float64(used.Involuntary)
	if m.counts() {
		raw["reads"] = float64(used.Reads)
		raw["writes"] = float64(used.Writes)
	}
	empty, loaded := m.serving.Empty.RSS, to.Server.RSS
	raw["rss_empty"] = float64(empty)
	raw["rss_loaded"] = float64(loaded)
	if n := m.there(); n >= minConnections && loaded >= empty {
		metrics[metric.RSSPerConnection] = float64(loaded-empty) / float64(n)
	}
	if to.Machine.At > 0 && from.Machine.At > 0 {
		raw["softirq_ns"] = float64(to.Machine.SoftIRQSince(from.Machine, m.serving.Placement.Server))
		raw["steal_share"] = to.Machine.StealSince(from.Machine)
	}
	if from.Told && to.Told {
		from, to := from.Snapshot, to.Snapshot
		metrics[metric.GCCount] = float64(to.GCCount - from.GCCount)
		metrics[metric.GCPause] = float64(to.GCPause - from.GCPause)
		raw["mallocs"] = float64(to.Mallocs - from.Mallocs)
		raw["heap_bytes"] = float64(to.Heap)
		raw["stack_bytes"] = float64(to.Stacks)
	}
}
