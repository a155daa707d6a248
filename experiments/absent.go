package experiments

import (
	"runtime"
	"strings"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/stats"
)

// absences gives the reason for each metric that the trial lacks.
func (m *measurement) absences() map[string]string {
	list := map[string]string{}
	for _, about := range metric.All {
		if _, has := m.trial.Metrics[about.Name]; !has {
			list[about.Name] = m.absent(about.Name)
		}
	}
	return list
}

// absent is the reason why a metric is missing: first what the trial did not ask for, then what the platform or
// the server cannot tell.
func (m *measurement) absent(name string) string {
	family, _, timed := strings.Cut(name, ".")
	few := false // to be a percentile of
	if q := metric.Of(name).Quantile(); q > 0 && m.load != nil {
		if h := m.load.Of(family); h != nil {
			few = !stats.Enough(h.TotalCount(), q)
		}
	}
	switch {
	case family == metric.Drain:
		return "the server did not end when it was told to"
	case family == metric.RSSPeak, family == metric.ThreadsPeak:
		return m.unread()
	case family == metric.GoroutinesPeak, family == metric.GCCount, family == metric.GCPause:
		return "the server is a program of its own, or told nothing about its runtime"
	case m.load == nil:
		return "nothing was played"
	case name == metric.RepliesLostAtDrain && !m.played.Stop:
		return "the server was not stopped under load (load.stop)"
	case name == metric.RepliesLostAtDrain:
		return "the server did not stop, or does not count its input"
	case name == metric.Answered, name == metric.Missing:
		return "nobody asked for anything in the window"
	case name == metric.Disturbers && m.played.Clients() == m.played.Connections:
		return "no disturbers were asked for"
	case name == metric.Disturbers:
		return "the window did not come to its end"
	case (name == metric.DroppedServer || name == metric.DroppedClient) && m.cell.Transport != "udp":
		return "connections drop nothing (transport: udp)"
	case name == metric.OfferedRate && !m.played.OpenLoop():
		return "a closed loop has no schedule"
	case name == metric.InService && m.cell.Config.Protocol.Work.Wait <= 0:
		return "requests do not wait in the handler (config.wait)"
	case name == metric.Fairness && m.played.OpenLoop():
		return "closed loop only: a schedule deals the requests out"
	case name == metric.Fairness && m.played.Connections < 2:
		return "one connection has nobody to share with"
	case name == metric.WorstConnectionP99 && m.load.Spoiled == 0:
		return "no connection had 1,000 answers"
	case name == metric.RSSPerConnection && m.there() < minConnections:
		return "fewer than 100 connections were there, and hold less than the collector leaves behind"
	case name == metric.RSSPerConnection && m.served.Seen.Whole:
		return "the server had less memory with connections than without"
	case name == metric.ClientCPU && m.load.Engine == load.EnginePortable:
		return "the portable engine does not measure it"
	case family == metric.FirstReply && m.played.Requests == 0:
		return "clients stay connected: no session begins in the window (load.requests)"
	case few:
		return "fewer than 10 samples lie beyond it"
	case (timed || name == metric.WorstConnectionP99) && m.load.Spoiled > 0:
		return "the generator stood still meanwhile: the longest times are its own"
	case m.trial.Metrics[metric.Completed] == 0:
		return "nobody was answered"
	case m.served.Seen.Whole && (name == metric.CPUPerRequest || name == metric.CPUUserPerRequest || name == metric.CPUSysPerRequest):
		return "the server's clock says that it used no CPU time, though it answered: it was read beside its answers"
	case name == metric.ReadsPerRequest && m.served.Seen.Whole, name == metric.WritesPerRequest && m.served.Seen.Whole:
		return "the kernel counts neither recv nor io_uring, nor is a program of its own known to use read and write"
	}
	return m.unread()
}

// unread says why the kernel's figures of the server are missing.
func (m *measurement) unread() string {
	if runtime.GOOS != "linux" {
		return "this platform does not tell it of other processes"
	}
	if m.serving.Address != "" && !m.serving.Known {
		return "no process of the command has all those below it that serve"
	}
	return "the server could not be read at both ends of the window"
}
