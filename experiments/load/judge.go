package load

import (
	"fmt"
	"time"
)

// How late a generator may be, and how busy, before its figures are about itself.
const (
	lagSpinning = 200 * time.Microsecond // p99 of send lag with CPUs of its own
	lagSharing  = 2 * time.Millisecond   // where it sleeps between requests or shares its CPUs
	busyShare   = 0.90                   // of its threads
	behindShare = 0.99                   // of the schedule that a server must have answered
)

// Judge fills in whether r can be used, from what the generator knows of itself. serverBusy is the
// share of its CPUs that the server kept busy, 0 to 1, or negative where nobody knows: a trial that the
// server limits is never invalid. Run has judged with an unknown share; a caller who measured the
// server may judge again.
func Judge(o Options, r *Result, serverBusy float64) {
	o = o.WithDefaults()
	m := r.Metrics
	r.Valid, r.LowerBound, r.Reasons = true, false, []string{}
	invalid := func(format string, args ...any) {
		r.Valid = false
		r.Reasons = append(r.Reasons, fmt.Sprintf(format, args...))
	}
	warn := func(format string, args ...any) {
		r.Reasons = append(r.Reasons, "warning: "+fmt.Sprintf(format, args...))
	}
	if m["served"] == 0 && m["completed"] == 0 {
		warn("nobody was served: %s", strangers(m))
	}
	attendance(o, r, invalid, warn)
	limited := serverBusy > busyShare
	if limited {
		warn("the server limited this trial: its CPUs were %.0f %% busy", serverBusy*100)
	}
	if r.Engine == EnginePortable {
		warn("portable engine: a goroutine per connection, whose own scheduling is part of the figures")
	}
	bound := lagSharing
	if o.spins() {
		bound = lagSpinning
	}
	// Below 1,000 requests there is no p99; a median that is late says as much.
	quantile := "p99"
	lag, ok := m["send_lag.p99"]
	if !ok {
		quantile = "p50"
		lag, ok = m["send_lag.p50"]
	}
	if ok && o.Open() && lag > float64(bound) && !limited {
		invalid("send lag %s %v is above %v: the generator was late, not the server", quantile, time.Duration(lag).Round(time.Microsecond), bound)
	}
	if cpu, ok := m["client_cpu"]; ok && cpu > busyShare*float64(o.threads()) && !limited {
		if o.Open() {
			invalid("generator kept %.2f of %d CPUs busy: it had no room left", cpu, o.threads())
		} else {
			r.LowerBound = true
			warn("generator kept %.2f of %d CPUs busy: the rate is a lower bound and not to be ranked", cpu, o.threads())
		}
	}
	if offered, ok := m["offered_rate"]; ok && offered > 0 && m["achieved_rate"] < behindShare*offered && m["unanswered"] > 0 {
		warn("the server fell behind: %.0f of %.0f requests/s were answered", m["achieved_rate"], offered)
	}
}

// strangers says why nobody was served.
func strangers(m map[string]float64) string {
	text := ""
	for _, name := range faultNames {
		if n := m["errors."+name]; n > 0 {
			text += fmt.Sprintf("%.0f %s, ", n, name)
		}
	}
	return fmt.Sprintf("%s%.0f lost, %.0f unanswered", text, m["lost"], m["unanswered"])
}
