package load

import (
	"fmt"
	"strings"
	"time"

	"socketbench/experiments/metric"
	"socketbench/experiments/reason"
)

// How late a generator may be, and how busy, before its figures are about itself.
const (
	lagSpinning = 200 * time.Microsecond // p99 of send lag with CPUs of its own
	lagSharing  = 2 * time.Millisecond   // where it sleeps between requests or shares its CPUs
	FullCPU     = 0.90                   // of its CPUs: a server or a generator that uses more has no room left
	pausedShare = 0.01                   // of the window in pauses: the requests that more of them delay reach p99, and change the rate
	pausedAmong = 0.05                   // the same in a closed loop, which sends nothing in a pause, and where others use the generator's CPUs
	behindShare = 0.99                   // of the requests of the schedule, which a server that keeps up has answered
)

// RequiredOverLate is how many times as long as the generator's lateness a response time must be that is required. Lateness
// only adds to a response time: in a queue, requests that are sent at most so much later are answered at most so much later.
// So a design that meets the requirement would meet it all the more without; before one is said to fail, the lateness is to be
// taken off.
const RequiredOverLate = 10

// Judge fills in whether r can be used, from what the generator knows of itself: nothing of this machine is looked at. serverBusy is the
// share of its CPUs that the server kept busy, 0 to 1, or negative where nobody knows: a trial that the
// server limits is never invalid. Run has judged with an unknown share; a caller who measured the
// server may judge again.
func Judge(o Options, r *Result, serverBusy float64) {
	o = o.WithDefaults()
	m := r.Metrics
	r.LowerBound, r.Reasons = false, nil
	defer func() { r.Valid = r.Reasons.Valid() }()
	invalid, warn := r.Reasons.Invalid, r.Reasons.Warn
	if r.Uncounted != "" {
		invalid(reason.Generator, "%s", r.Uncounted)
		return
	}
	stood, most := r.stood(o.Duration), pausedShare
	if !r.Setup.Pinned || !o.OpenLoop() || r.Pause <= o.Late {
		most = pausedAmong
	}
	if stood > most {
		invalid(reason.Pause, "the generator had no turn for %v of the window's %v, up to %v in one piece: it was stopped or the machine stood still, and the figures are not the server's",
			brief(r.Paused), brief(r.window(o.Duration)), brief(r.Pause))
	} else if r.Pause > 0 {
		warn(reason.Pause, "the generator had no turn for %v in one piece: it was stopped or the machine stood still; the longest response times are its own, not the server's, and are left out",
			brief(r.Pause))
	}
	if m[metric.Served] == 0 && m[metric.Completed] == 0 {
		warn(reason.Clients, "nobody was served: %s", strangers(m)).RestsOn = metric.Served
	}
	attendance(o, r)
	if ended := told(m, "reset", "closed", "refused", "timeout"); ended != "" && m[metric.Served] > 0 {
		warn(reason.Clients, "connections failed that clients wanted to keep: %s", ended)
	}
	if n := m[metric.Duplicate]; n > 0 {
		warn(reason.Replies, "the server sent more than it was asked for, %.0f times; where a reply has several parts, say how it ends (load --until or --reply-bytes, a file's conversation)", n).RestsOn = metric.Duplicate
	}
	limited := serverBusy > FullCPU
	if limited {
		warn(reason.Saturated, "the server limited this trial: its CPUs were %.0f %% busy", serverBusy*100).RestsOn = metric.ServerCPU
	}
	if r.Engine == EnginePortable {
		warn(reason.Generator, "portable engine: a goroutine per connection, whose own scheduling is part of the figures")
	}
	bound := lagSharing
	if r.Setup.Spins {
		bound = lagSpinning
	}
	usual := bound
	bound = max(bound, o.Late)
	// Below 1,000 requests there is no p99; a median that is late says as much.
	quantile := "p99"
	lag, ok := m[metric.SendLagP99]
	if !ok {
		quantile = "p50"
		lag, ok = m[metric.SendLagP50]
	}
	late := ok && o.OpenLoop() && !limited
	if late && lag > float64(usual) && lag <= float64(bound) {
		warn(reason.Generator, "send lag %s %v is above %v: the generator was late, and its lateness is part of the response times; what is required of them is at least %d times as long",
			quantile, time.Duration(lag).Round(time.Microsecond), usual, RequiredOverLate).RestsOn = "send_lag." + quantile
	}
	if late && lag > float64(bound) {
		invalid(reason.Generator, "send lag %s %v is above %v: the generator was late, not the server", quantile, time.Duration(lag).Round(time.Microsecond), bound).RestsOn = "send_lag." + quantile
	}
	if cpu, ok := m[metric.ClientCPU]; ok && cpu > FullCPU*float64(r.Setup.Threads) && !limited {
		if o.OpenLoop() {
			invalid(reason.Generator, "generator kept %.2f of %d CPUs busy: it had no room left", cpu, r.Setup.Threads).RestsOn = metric.ClientCPU
		} else {
			r.LowerBound = true
			warn(reason.Generator, "generator kept %.2f of %d CPUs busy: the rate is a lower bound", cpu, r.Setup.Threads).RestsOn = metric.ClientCPU
		}
	}
	if FellBehind(m) && stood <= most {
		warn(reason.Saturated, "the server fell behind: %.0f of %.0f requests/s were answered", m[metric.AchievedRate], m[metric.OfferedRate]).RestsOn = metric.AchievedRate
	}
}

// FellBehind reports whether the metrics of a trial show a server that answered less than the schedule of an open loop
// offered, and left requests unanswered.
func FellBehind(m map[string]float64) bool {
	offered := m[metric.OfferedRate]
	return offered > 0 && m[metric.AchievedRate] < behindShare*offered && m[metric.Unanswered] > 0
}

// window is how long the window was: as planned, or shorter where it was ended early.
func (r *Result) window(planned time.Duration) time.Duration {
	if len(r.Log) == 0 {
		return planned
	}
	length := time.Duration(0)
	for _, interval := range r.Log {
		length += interval.Length
	}
	return length
}

// stood is the share of the window in which the generator had no turn, 0 to 1.
func (r *Result) stood(planned time.Duration) float64 {
	if r.Paused == 0 {
		return 0
	}
	return float64(r.Paused) / float64(max(1, r.window(planned)))
}

// brief writes a time to three figures or so.
func brief(d time.Duration) time.Duration {
	if d >= time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(100 * time.Microsecond)
}

// strangers says why nobody was served.
func strangers(m map[string]float64) string {
	return strings.TrimPrefix(fmt.Sprintf("%s, %.0f lost, %.0f unanswered", told(m, faultNames[:]...), m[metric.Lost], m[metric.Unanswered]), ", ")
}

// told lists how many connections failed in each of the ways that are named.
func told(m map[string]float64, names ...string) string {
	var parts []string
	for _, name := range names {
		if n := m["errors."+name]; n > 0 {
			parts = append(parts, fmt.Sprintf("%.0f %s", n, name))
		}
	}
	return strings.Join(parts, ", ")
}
