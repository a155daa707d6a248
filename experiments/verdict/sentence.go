package verdict

import (
	"fmt"
	"math"
	"strings"

	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
)

// phrases are the metrics as they stand in a sentence.
var phrases = map[string]string{
	"answered":              "requests answered rightly and in time",
	"missing":               "requests without a reply",
	"disturbers":            "disturbers that were there",
	"served":                "clients served",
	"unserved":              "clients not served",
	"offered_rate":          "requests per second offered",
	"achieved_rate":         "answers per second",
	"completed":             "requests answered",
	"unanswered":            "requests without an answer",
	"lost":                  "lost replies",
	"wrong":                 "wrong replies",
	"duplicate":             "replies nobody asked for",
	"throughput_bytes":      "bytes per second",
	"in_service":            "requests in the handler at once",
	"cpu_per_request":       "CPU per request",
	"cpu_user_per_request":  "user CPU per request",
	"cpu_sys_per_request":   "kernel CPU per request",
	"softirq_per_request":   "interrupt time per request",
	"server_cpu":            "CPUs busy",
	"client_cpu":            "CPUs busy with the generator",
	"switches_per_request":  "context switches per request",
	"reads_per_request":     "reads per request",
	"writes_per_request":    "writes per request",
	"rss_peak":              "peak memory",
	"rss_per_connection":    "memory per connection",
	"threads_peak":          "threads at most",
	"goroutines_peak":       "goroutines at most",
	"gc_count":              "garbage collections",
	"gc_pause":              "time stopped by the collector",
	"fairness":              "fairness index",
	"worst_connection_p99":  "p99 of the worst connection",
	"drain":                 "time to drain",
	"replies_lost_at_drain": "replies lost at the stop",
}

// families and parts are the phrases of what has percentiles.
var (
	families = map[string]string{
		"latency": "response time", "service": "service time", "connect": "time to connect",
		"first_reply": "time to the first reply", "send_lag": "lag of the generator",
	}
	parts = map[string]string{
		"mean": "mean", "p50": "median", "p90": "p90", "p99": "p99", "p999": "p99.9", "max": "longest",
	}
)

func phrase(metric string) string {
	family, part, _ := strings.Cut(metric, ".")
	switch {
	case phrases[metric] != "":
		return phrases[metric]
	case family == "errors":
		return "connections that failed (" + part + ")"
	case families[family] != "":
		return parts[part] + " " + families[family]
	}
	return metric
}

// verb follows the phrase of a metric: what is counted is many.
func verb(metric string) string {
	switch spec.Unit(metric) {
	case "count", "share", "CPUs", "requests/s", "bytes/s":
		return "are"
	}
	switch metric {
	case "switches_per_request", "reads_per_request", "writes_per_request":
		return "are"
	}
	return "is"
}

// sentence is what a person would say about a comparison.
func (t *table) sentence(c Comparison) string {
	what, is, base := phrase(t.metric), verb(t.metric), t.exp.Baseline
	where := place(c.Of)
	switch {
	case c.Ratio == 0:
		return fmt.Sprintf("%s cannot be compared with %s%s: %s.", c.Server, base, where, c.Why)
	case c.Word == Tie:
		return fmt.Sprintf("%s and %s are equal in %s%s: %s of each other.", c.Server, base, what, where, within(c))
	case c.Word == Faster || c.Word == Slower:
		return fmt.Sprintf("%s: %s %s %s %s's%s (%s).", c.Server, what, is, times(c.Ratio), base, where, span(c.Low, c.High))
	}
	return fmt.Sprintf("%s: %s %s %s %s's%s (%s), which is %s: %s.", c.Server, what, is, times(c.Ratio), base, where, span(c.Low, c.High), c.Word, c.Why)
}

// Spoken is how a person says the word of a comparison: a time is shorter to those who wait, memory is smaller,
// and of what is counted there is more.
func (w Word) Spoken(metric string) string {
	pair := spoken(metric)
	switch w {
	case Faster:
		return pair[0]
	case Slower:
		return pair[1]
	}
	return string(w)
}

// spoken are the words for the better and the worse side of a metric.
func spoken(metric string) [2]string {
	m, known := result.MetricByName(metric)
	switch {
	case m.Name == "fairness":
		return [2]string{"fairer", "less fair"}
	case m.Unit == "share":
		return [2]string{"more", "less"}
	case (m.Unit == "count" || m.Unit == "ratio") && m.Better > 0:
		return [2]string{"more", "fewer"}
	case !known, m.Unit == "count", m.Unit == "ratio":
		return [2]string{"fewer", "more"}
	case m.Unit == "bytes":
		return [2]string{"smaller", "larger"}
	case m.Name == "gc_pause":
		return [2]string{"shorter", "longer"}
	case cost(metric):
		return [2]string{"cheaper", "dearer"}
	}
	return [2]string{string(Faster), string(Slower)}
}

// times says a ratio: "19 % below" or "12.3 times".
func times(ratio float64) string {
	switch {
	case ratio >= 2, ratio <= 0.5:
		return unit.Tick("ratio", ratio) + " times"
	case ratio >= 1:
		return fmt.Sprintf("%s %% above", unit.Tick("ratio", 100*(ratio-1)))
	}
	return fmt.Sprintf("%s %% below", unit.Tick("ratio", 100*(1-ratio)))
}

// An interval whose ends lie further apart than useless says so, in place of figures that say nothing.
const (
	useless     = 1000
	uselessSpan = "no useful interval: its ends lie more than a factor of 1,000 apart"
)

func span(low, high float64) string {
	switch {
	case math.IsInf(high, 1) && low <= 0:
		return "no interval"
	case math.IsInf(high, 1):
		return "at least " + unit.Tick("x", low)
	case low <= 0:
		return "at most " + unit.Tick("x", high)
	case high > useless*low:
		return uselessSpan
	}
	return "95 % interval " + unit.Tick("x", low) + " to " + unit.Tick("x", high)
}

func within(c Comparison) string {
	return "within " + unit.Percent(max(c.High-1, 1-c.Low))
}

// told is what a person would say about a prediction.
func (j *judge) told(v Prediction, e spec.Expectation, why string) string {
	if v.Word == Undecided && v.Value == 0 && v.Low == 0 && v.High == 0 && why != "" {
		return "Nothing to judge: " + why + "."
	}
	in := spec.Unit(v.Metric)
	what := phrase(v.Metric)
	var b strings.Builder
	server, where := v.Of.Server(), place(v.Of)
	if v.Ratio {
		against := v.Against.Server() + "'s"
		switch {
		case v.Against.Server() == server:
			against = "its own" + place(v.Against)
		case len(differing(v.Of, v.Against)) > 0:
			against += place(v.Against)
		}
		fmt.Fprintf(&b, "%s%s: %s %s %s %s (%s)", server, where, what, verb(v.Metric), times(v.Value), against, span(v.Low, v.High))
	} else {
		s, _ := j.cells[j.byKey[v.Of.Key()]].figure(v.Metric)
		atLeast := ""
		if s.AtLeast {
			atLeast = "at least "
		}
		fmt.Fprintf(&b, "%s%s: %s %s%s", server, where, what, atLeast, unit.Tick(in, v.Value))
		if s.N >= 2 && s.Low > 0 && s.High > useless*s.Low {
			fmt.Fprintf(&b, " (%s)", uselessSpan)
		} else if s.N >= 2 && s.Low != s.High {
			fmt.Fprintf(&b, " (95 %% interval %s to %s)", unit.Tick(in, s.Low), unit.Tick(in, s.High))
		} else if s.N >= 2 {
			fmt.Fprintf(&b, " in each of %s", plural(s.N, "trial"))
		}
	}
	switch v.Word {
	case Holds:
		fmt.Fprintf(&b, "; %s, as claimed.", expected(e, in))
	case Refuted:
		fmt.Fprintf(&b, "; not %s.", expected(e, in))
	default:
		fmt.Fprintf(&b, "; %s cannot be told: %s.", expected(e, in), why)
	}
	if j.cells[j.byKey[v.Of.Key()]].nobody() && speed(v.Metric) {
		fmt.Fprintf(&b, " %s answered nobody there.", server)
	}
	return b.String()
}

// expected says an expectation in words; in is the unit of its metric.
func expected(e spec.Expectation, in string) string {
	if e.Ratio {
		in = "x"
	}
	q := unit.Tick(in, e.Value)
	switch e.Op {
	case ">":
		return "more than " + q
	case ">=":
		return "at least " + q
	case "<":
		return "less than " + q
	case "<=":
		return "at most " + q
	case "~":
		return fmt.Sprintf("within %s of %s", unit.Percent(e.Within), q)
	}
	return "exactly " + q
}

func plural(n int, what string) string { return unit.Many(n, what) }
