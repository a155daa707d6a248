package load

import (
	"fmt"
	"strconv"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/reason"
)

// progress grows whenever a client of the kind connects, is answered or fails.
func (d *disturbance) progress() int64 {
	n := d.connected + d.requests + d.ended
	for _, errors := range d.errors {
		n += errors
	}
	return n
}

// appear counts a client as present: it is connected, and where it sends a single request, answered.
func (d *disturbance) appear(there *bool) {
	if !*there {
		*there = true
		d.here++
	}
}

// disappear counts it as no longer present.
func (d *disturbance) disappear(there *bool) {
	if *there {
		*there = false
		d.here--
	}
}

// begin and finish record which clients are present at the window's ends.
func (r *recorder) begin() {
	for _, d := range r.disturbers {
		d.start = d.here
	}
}

func (r *recorder) finish() {
	r.counted = true
	for _, d := range r.disturbers {
		d.end = d.here
	}
}

// measuredName is the measured clients' name among the kinds.
const measuredName = "measured"

// presence adds to r who of each kind was there at both ends of the window.
func (r *Result) presence(b *recorder) {
	for name, d := range b.disturbers {
		r.Disturbers[name+".wanted"] = d.wanted
		if b.counted {
			r.Disturbers[name+".start"], r.Disturbers[name+".end"] = d.start, d.end
		}
		if d.cut > 0 {
			r.Disturbers[name+".cut"] = d.cut
		}
		for kind, n := range d.errors {
			if n > 0 {
				r.Disturbers[name+".errors."+faultNames[kind]] = n
			}
		}
	}
}

// A Presence is how many clients of a kind a run has asked for, and how many of them were present. A client is present
// while it is connected; an idle one, from the reply to its request on, which shows that the server has taken it; one
// that connects again and again, unless the server refused or ended its last connection.
type Presence struct {
	Kind               string // "measured", or a kind of disturber by its name in the file
	Wanted, Start, End int64
	Why                string // what became of the others; "" where all were present
}

// kinds are the measured clients and all disturbers, in the order in which they connect.
var kinds = []string{measuredName, "mute", "idle", "slowwriter", "slowreader", "bulk", "churn", "reset"}

// stays are the kinds that connect only once.
var stays = map[string]bool{"mute": true, "idle": true, "slowreader": true}

// Present returns, for each kind that was asked for, how many clients were present at both ends of the window. Where the
// window has not ended there are none.
func (r *Result) Present() (all []Presence) {
	for _, kind := range kinds {
		start, told := r.Disturbers[kind+".start"]
		if !told || r.Disturbers[kind+".wanted"] == 0 {
			continue
		}
		p := Presence{Kind: kind, Wanted: r.Disturbers[kind+".wanted"], Start: start, End: r.Disturbers[kind+".end"]}
		if !p.Whole() {
			p.Why = r.why(p)
		}
		all = append(all, p)
	}
	return all
}

// Measured reports whether these are the measured clients.
func (p Presence) Measured() bool { return p.Kind == measuredName }

// Whole reports whether all were present at both ends.
func (p Presence) Whole() bool { return p.Start >= p.Wanted && p.End >= p.Wanted }

// There returns how many connections there were at the window's end, of all kinds; ok is false where that is
// not known.
func (r *Result) There() (n int64, ok bool) {
	for _, p := range r.Present() {
		n, ok = n+p.End, true
	}
	return n, ok
}

// why says what became of the clients that were not present.
func (r *Result) why(p Presence) string {
	var parts []string
	before := -r.Disturbers[p.Kind+".ended"] // errors of those that had no connection yet
	tell := func(n int64, what string) {
		if n > 0 {
			parts = append(parts, thousands(n)+" "+what)
		}
	}
	for _, name := range faultNames {
		if p.Kind == measuredName {
			tell(int64(r.Metrics["errors."+name]), faultWords[name])
		} else {
			n := r.Disturbers[p.Kind+".errors."+name]
			tell(n, faultWords[name])
			before += n
		}
	}
	if p.Kind == "idle" {
		tell(r.Disturbers["idle.connected"]-r.Disturbers["idle.ended"]-p.End, "connected and not answered")
	}
	if stays[p.Kind] {
		tell(p.Wanted-r.Disturbers[p.Kind+".connected"]-before, "waiting for a place in the server's backlog")
	}
	if len(parts) == 0 {
		return "the server did not take the others"
	}
	return strings.Join(parts, ", ")
}

// faultWords are the faults in words.
var faultWords = map[string]string{
	"refused": "refused", "reset": "reset by the server", "closed": "closed by the server", "timeout": "timed out",
	"unreachable": "not reachable", "descriptors": "without a descriptor or memory of the generator's", "ports": "without a port of the generator's",
	"other": "failed in another way",
}

// String is one line: "8,369 of 15,000 idle clients at the window's start, 8,100 at its end (...)".
func (p Presence) String() string {
	name := p.Kind + " clients"
	if p.Start == p.End {
		return fmt.Sprintf("%s of %s %s at both ends of the window%s", thousands(p.Start), thousands(p.Wanted), name, behind(p.Why))
	}
	return fmt.Sprintf("%s of %s %s at the window's start, %s at its end%s", thousands(p.Start), thousands(p.Wanted), name, thousands(p.End), behind(p.Why))
}

func behind(why string) string {
	if why == "" {
		return ""
	}
	return " (" + why + ")"
}

// thousands writes 12412 as 12,412.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// attendance judges which clients were present. Where the server did not take or keep the others, that is a finding about
// the server; where the generator could not connect them, the trial is invalid.
func attendance(o Options, r *Result) {
	lack := func(kind string) float64 {
		n := r.Metrics["errors."+kind]
		for _, name := range kinds[1:] {
			n += float64(r.Disturbers[name+".errors."+kind])
		}
		return n
	}
	if n := lack(faultNames[descriptors]); n > 0 {
		r.Reasons.Invalid(reason.Clients, "the generator, not the server, had no descriptor or memory for %s connections (limit %d a process, ulimit -n); raise the limit or ask for fewer connections",
			thousands(int64(n)), r.Setup.Descriptors)
	}
	if n := lack(faultNames[ports]); n > 0 {
		remedy := "widen net.ipv4.ip_local_port_range, use longer sessions or fewer connections"
		if r.Engine == EnginePortable && BestEngine != EnginePortable {
			remedy = "choose engine " + BestEngine + ", which takes more than one address of the loopback, or " + remedy
		}
		r.Reasons.Invalid(reason.Clients, "the generator, not the server, had no port of its own left for %s connections; %s", thousands(int64(n)), remedy)
	}
	var wanted, there int64
	for _, p := range r.Present() {
		if p.Kind != measuredName {
			wanted, there = wanted+p.Wanted, there+min(p.Start, p.End)
		}
		switch cut := r.Disturbers[p.Kind+".cut"]; {
		case cut > 0:
			r.Reasons.Invalid(reason.Clients, "%s clients were still coming when the %v ended in which all must: %v; ask for fewer", p.Kind, o.Bound(), p)
		case p.Whole(), p.Kind == measuredName && o.Requests > 0: // those are between two sessions now and then
		default:
			r.Reasons.Warn(reason.Clients, "not all were there: %v", p).RestsOn = metric.Disturbers
		}
	}
	if delete(r.Metrics, metric.Disturbers); wanted > 0 {
		r.Metrics[metric.Disturbers] = float64(there) / float64(wanted)
	}
}
