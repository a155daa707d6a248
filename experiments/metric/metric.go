// Package metric declares every figure of a trial, once: its name, its unit, which side is better, what it is called
// and what may be said of it. A new metric is one line of the table here, and the place that measures it.
package metric

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Metric describes one figure of a trial. Names and units are read by other programs and stay.
type Metric struct {
	Name    string // as stored, such as latency.p99
	Section Section
	Unit    string // ns, requests/s, bytes, bytes/s, count, ratio, share (of one) or CPUs
	Range   Range
	Better  int // -1: lower is better, +1: higher is better, 0: neither
	Kind    Kind
	Ranked  bool      // designs are said to be better or worse by it
	Phrase  string    // what it is called, in a heading and in a sentence
	Many    bool      // the phrase is a plural
	Spoken  [2]string // the words for its better and its worse side
	About   string    // what it is, for a reader; "" where the phrase says it
}

// Section is the table of all figures that a metric stands in: the percentiles of one kind of time have one of their own,
// whose caption says what they are percentiles of.
type Section string

// Sections, by their captions.
const (
	Answers      Section = "Answers"
	ResponseTime Section = "Response time, from the moment at which the schedule wanted the request sent"
	ServiceTime  Section = "Service time, from the moment at which the request was sent"
	ConnectTime  Section = "Time to connect"
	FirstTime    Section = "Time from connecting to the first reply"
	Costs        Section = "Cost of a request"
	Process      Section = "The server's process"
	Generator    Section = "The generator: its send lag and its CPU"
)

// Sections are all of them, in the order of reports.
var Sections = []Section{Answers, ResponseTime, ServiceTime, ConnectTime, FirstTime, Costs, Process, Generator}

// Range says which values a measurement of a metric can have.
type Range int

const (
	FromZero Range = iota
	Positive       // above 0: a request that was answered took time, a process has memory
	Share          // from 0 to 1
	Index          // above 0, at most 1
)

// Kind says which trials a figure is of use from.
type Kind int

const (
	Other Kind = iota
	Speed      // how much or how fast: not from a trial that the generator limits, nor where nobody was answered
	Cost       // CPU time of a request: marked where the server's CPU was full
)

// Words for the better and the worse side.
var (
	fast   = [2]string{"faster", "slower"}
	cheap  = [2]string{"cheaper", "costlier"}
	fewer  = [2]string{"fewer", "more"}
	more   = [2]string{"more", "fewer"}
	amount = [2]string{"more", "less"}
	small  = [2]string{"smaller", "larger"}
	short  = [2]string{"shorter", "longer"}
	fair   = [2]string{"fairer", "less fair"}
)

// All is every metric, in the order in which reports show them.
//
// Designs are not ranked by counts, by the share that was answered, or by what has no better side; by times from the
// actual send, which forgive a server that stalls (coordinated omission); by a maximum, which a single request decides;
// by a mean, which hides what it is made of; nor by what the kernel samples, or bills to the process that happens to run.
var All = slices.Concat(
	[]Metric{
		{Answered, Answers, "share", Share, +1, Other, false, "requests answered rightly and in time", true, amount,
			"of what was asked for in the window, how much was answered rightly and in time; a client that was left waiting counts for what it would have asked for"},
		{Missing, Answers, "count", FromZero, -1, Other, false, "requests without a reply", true, fewer,
			"of what was asked for in the window, how much got no reply; in a closed loop with what clients that were left waiting would have asked for"},
		{Disturbers, Answers, "share", Share, +1, Other, false, "disturbers that were there", true, amount,
			"of the disturbers that were asked for, how many were there at both ends of the window"},
		{Served, Answers, "count", FromZero, +1, Other, false, "connections served", true, more, "connections that got at least one answer"},
		{Unserved, Answers, "count", FromZero, -1, Other, false, "connections not served", true, fewer, "connections that asked and got no answer"},
		{OfferedRate, Answers, "requests/s", FromZero, 0, Other, false, "requests offered per second", true, more, "what the schedule wanted"},
		{AchievedRate, Answers, "requests/s", FromZero, +1, Speed, true, "replies per second", true, fast, "right replies that came within the window, also to requests that were wanted before it"},
		{Completed, Answers, "count", FromZero, +1, Other, false, "requests answered", true, more, "right replies within the window; in an open loop, to requests that were wanted in it"},
		{Unanswered, Answers, "count", FromZero, -1, Other, false, "requests unanswered", true, fewer, "requests still without a reply at the end; counted in the response time at their age"},
		{Lost, Answers, "count", FromZero, -1, Other, false, "replies lost", true, fewer, "requests whose connection ended before the reply, and datagrams without a reply for 500 ms"},
		{DroppedServer, Answers, "count", FromZero, -1, Other, false, "datagrams dropped at the server", true, fewer, "requests for which the server's socket had no room, counted by the kernel"},
		{DroppedClient, Answers, "count", FromZero, -1, Other, false, "datagrams dropped at the clients", true, fewer, "replies for which a client's socket had no room, counted by the kernel"},
		{Wrong, Answers, "count", FromZero, -1, Other, false, "wrong replies", true, fewer, "replies that differ from the request in upper case"},
		{Duplicate, Answers, "count", FromZero, -1, Other, false, "replies to no request", true, fewer, "replies that no request asked for"},
	},
	percentiles(Latency, ResponseTime, "response time", Speed, -1, true, "from the time at which the request was meant to be sent", Mean, "p50", "p90", "p99", "p999", Max),
	percentiles(Service, ServiceTime, "service time", Speed, -1, false, "from the actual send, so that a stalled server looks better (coordinated omission)", Mean, "p50", "p90", "p99", "p999", Max),
	percentiles(Connect, ConnectTime, "time to connect", Other, -1, true, "until connect succeeded", "p50", "p99", Max),
	percentiles(FirstReply, FirstTime, "time to the first reply", Speed, -1, true, "from connect to the first reply of a session", "p50", "p99", Max),
	percentiles(SendLag, Generator, "send lag", Other, 0, false, "how late the generator itself was; no design is better or worse for it", "p50", "p99", "p999", Max),
	[]Metric{
		{ThroughputBytes, Answers, "bytes/s", FromZero, +1, Speed, true, "bytes of replies per second", true, fast, "one way"},
		{InService, Answers, "count", FromZero, +1, Speed, false, "requests in the handler at once", true, more, "replies per second x the handler's wait (Little's law)"},
		{CPUPerRequest, Costs, "ns", Positive, -1, Cost, true, "CPU per request", false, cheap, "CPU time of the server's process tree for one request"},
		{CPUUserPerRequest, Costs, "ns", FromZero, -1, Cost, false, "user CPU per request", false, cheap, "its part in user mode, sampled by the kernel"},
		{CPUSysPerRequest, Costs, "ns", FromZero, -1, Cost, false, "kernel CPU per request", false, cheap, "its part in the kernel, sampled by the kernel"},
		{SoftIRQPerRequest, Costs, "ns", FromZero, -1, Cost, false, "interrupt time per request", false, cheap, "interrupt time of the server's CPUs; on loopback the sender pays for the receiver's TCP input"},
		{ServerCPU, Process, "CPUs", FromZero, 0, Other, false, "CPUs kept busy by the server", true, more, ""},
		{ClientCPU, Generator, "CPUs", FromZero, 0, Other, false, "CPUs kept busy by the generator", true, more, "empty polls are not counted"},
		{SwitchesPerRequest, Costs, "ratio", FromZero, -1, Other, true, "context switches per request", true, fewer, "of the server"},
		{ReadsPerRequest, Costs, "ratio", FromZero, -1, Other, true, "reads per request", true, fewer, "read system calls of the server"},
		{WritesPerRequest, Costs, "ratio", FromZero, -1, Other, true, "writes per request", true, fewer, "write system calls of the server"},
		{RSSPeak, Process, "bytes", Positive, -1, Other, true, "peak memory", false, small, "most resident memory of the server's process tree"},
		{RSSPerConnection, Process, "bytes", FromZero, -1, Other, true, "memory per connection", false, small, "resident memory with connections, less that without, by the connections that were there"},
		{GoroutinesPeak, Process, "count", Positive, 0, Other, false, "goroutines at most", true, fewer, "most goroutines seen"},
		{ThreadsPeak, Process, "count", Positive, 0, Other, false, "threads at most", true, fewer, "most threads seen"},
		{GCCount, Process, "count", FromZero, 0, Other, false, "garbage collections", true, fewer, "in the window"},
		{GCPause, Process, "ns", FromZero, -1, Other, false, "time stopped by the collector", false, short, "in the window"},
		{Fairness, Process, "ratio", Index, +1, Speed, true, "fairness index", false, fair, "Jain's index over connections: 1 when all got the same, 1/n when one got everything; closed loop only"},
		{WorstConnectionP99, Process, "ns", Positive, -1, Speed, true, "p99 of the worst connection", false, fast, "response time"},
		{Drain, Process, "ns", Positive, -1, Other, true, "time to drain", false, fast, "from the command to stop to the end of the server"},
		{RepliesLostAtDrain, Process, "count", FromZero, -1, Other, false, "replies lost at the stop", true, fewer, "replies to what the server had read that did not get back to the client"},
	},
)

// Ends of the names of times that are no percentiles.
const (
	Mean = "mean"
	Max  = "max"
)

// parts are the ends of the names of times: how each is read, and of a percentile the share of the values that lie at
// or below it.
var parts = map[string]struct {
	spoken   string
	quantile float64
}{
	Mean: {"mean", 0}, "p50": {"median", .5}, "p90": {"p90", .9}, "p99": {"p99", .99}, "p999": {"p99.9", .999}, Max: {"longest", 0},
}

// percentiles are the metrics of one kind of time. Neither its mean nor its maximum is ranked. A kind that nobody is
// better or worse by is that of the generator, which may be on time.
func percentiles(family string, section Section, phrase string, kind Kind, better int, ranked bool, about string, of ...string) (list []Metric) {
	values := Positive
	if better == 0 {
		values = FromZero
	}
	for _, part := range of {
		list = append(list, Metric{
			Name: family + "." + part, Section: section, Unit: "ns", Range: values, Better: better, Kind: kind,
			Ranked: ranked && part != Mean && part != Max,
			Phrase: parts[part].spoken + " " + phrase, Spoken: fast, About: about,
		})
	}
	return list
}

// Family is the kind of time that a metric is of: latency of latency.p99. It is the name itself elsewhere.
func (m Metric) Family() string {
	family, _, _ := strings.Cut(m.Name, ".")
	return family
}

// Part is the end of the name of a time: p99 of latency.p99. It is "" elsewhere.
func (m Metric) Part() string {
	_, part, _ := strings.Cut(m.Name, ".")
	return part
}

// Quantile is the share of the values that lie at or below a percentile: 0.99 of latency.p99. It is 0 of all other
// metrics, means and maxima among them.
func (m Metric) Quantile() float64 { return parts[m.Part()].quantile }

// Spell is how the end of the name of a time is read: p99.9 of latency.p999.
func (m Metric) Spell() string { return cmp.Or(parts[m.Part()].spoken, m.Part()) }

// Counted reports whether a figure is a whole number of things, each of which was seen: what a trial says of it is
// exact, and of none there is no percentage. The rate times a time is a count, and no such number.
func (m Metric) Counted() bool { return m.Unit == "count" && m.Kind != Speed }

// Values are the bounds of what a measurement can be; open says that the lower one is not among them.
func (m Metric) Values() (low, high float64, open bool) {
	high = math.Inf(1)
	if m.Range == Share || m.Range == Index {
		high = 1
	}
	return 0, high, m.Range == Positive || m.Range == Index
}

// rounding is by how much a share that is worked out may pass 1.
const rounding = 1e-9

// Possible reports whether v can be a measurement.
func (m Metric) Possible(v float64) bool {
	low, high, open := m.Values()
	return v > low && v <= high+rounding || v == low && !open
}

// Find returns a metric of All.
func Find(name string) (Metric, bool) {
	for _, m := range All {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}

// Of describes any figure of a trial: those of All; the counts of connections that failed, errors.KIND; and others, of
// which it knows nothing but the name, and takes them for counts of which fewer is better.
func Of(name string) Metric {
	if m, ok := Find(name); ok {
		return m
	}
	other := Metric{Name: name, Section: Answers, Unit: "count", Better: -1, Phrase: name, Many: true, Spoken: fewer}
	if kind, ok := strings.CutPrefix(name, "errors."); ok {
		other.Phrase = "connections that failed (" + kind + ")"
	}
	return other
}

// Verb follows the phrase in a sentence.
func (m Metric) Verb() string {
	if m.Many {
		return "are"
	}
	return "is"
}
