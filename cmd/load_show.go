package cmd

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/report/wrap"
	"socketbench/experiments/stats"
	"socketbench/experiments/unit"
)

// loadPlan describes the load that is about to be played.
func loadPlan(o load.Options) string {
	o = o.WithDefaults()
	var b strings.Builder
	what := fmt.Sprintf("%d B %v", o.Size, o.Framing)
	if o.Conversation != nil {
		what = fmt.Sprintf("a conversation of %d B", len(o.Conversation.Say))
	}
	fmt.Fprintf(&b, "%s: %s x %s", o.Address, unit.Many(o.Connections, "connection"), what)
	if o.Pipeline > 1 {
		fmt.Fprintf(&b, ", %d outstanding", o.Pipeline)
	}
	if o.Requests > 0 {
		fmt.Fprintf(&b, ", sessions of %s", unit.Many(o.Requests, "request"))
	}
	if o.OpenLoop() {
		fmt.Fprintf(&b, ", open loop, %s %s requests/s", o.Arrivals, perSecond(o.Rate))
		if o.Arrivals == load.Bursts {
			fmt.Fprintf(&b, " with peaks of %s", perSecond(o.Burst.Peak))
		}
	} else {
		b.WriteString(", closed loop")
		if o.Think > 0 {
			fmt.Fprintf(&b, " with %v of thinking", o.Think)
		}
	}
	fmt.Fprintf(&b, ", %v after %v of warm-up", o.Duration, o.Warmup)
	if n := o.Clients() - o.Connections; n > 0 {
		fmt.Fprintf(&b, ", beside %s (which have at most %v to connect)", unit.Many(n, "disturber"), o.Bound().Round(time.Second))
	}
	fmt.Fprintf(&b, "; engine %s", o.Engine)
	if len(o.CPUs) > 0 {
		fmt.Fprintf(&b, " on CPU %s", strings.Trim(fmt.Sprint(o.CPUs), "[]"))
	}
	return b.String()
}

// perSecond writes a rate as a whole number, or with its fraction if it would otherwise be 0.
func perSecond(rate float64) string {
	if rate < 10 && rate > 0 {
		return strconv.FormatFloat(rate, 'g', 2, 64)
	}
	return strconv.FormatFloat(rate, 'f', 0, 64)
}

// live shows a load while it lasts: one line that is overwritten on a terminal, and a line each second elsewhere.
type live struct {
	w     io.Writer
	o     load.Options
	width func() int // of the terminal; nil if there is none
	shown time.Time
}

func newLive(w io.Writer, o load.Options) *live {
	return &live{w: w, o: o, width: liveWidth(w)}
}

func (l *live) show(p load.Progress) {
	if l.width == nil && time.Since(l.shown) < time.Second {
		return
	}
	l.shown = time.Now()
	text := "warming up"
	if p.Elapsed > 0 {
		text = fmt.Sprintf("%4.1fs of %v  %8.0f requests/s  p50 %-8s p99 %-8s served %d of %d",
			p.Elapsed.Seconds(), l.o.Duration, p.Rate, liveTime(p.P50), liveTime(p.P99), p.Served, l.o.Connections)
	}
	if l.width == nil {
		fmt.Fprintln(l.w, text)
		return
	}
	// A line that wraps is not written over, and one that fills the last column wraps on some terminals.
	if room := l.width() - 1; wrap.Width(text) > room {
		text = strings.Join(strings.Fields(text), " ")
		text = strings.NewReplacer(" requests/s", "/s", "served ", "", " of ", "/").Replace(text)
		for wrap.Width(text) > room && strings.Contains(text, " ") {
			text = text[:strings.LastIndexByte(text, ' ')] // whole figures only
		}
	}
	fmt.Fprintf(l.w, "\r%s\x1b[K", text)
}

// liveTime writes a time, or - if no request was answered.
func liveTime(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return shortTime(float64(d))
}

func (l *live) end() {
	if l.width != nil {
		fmt.Fprint(l.w, "\r\x1b[K")
	}
}

// atLeast reports whether a figure of h is a lower bound, because some of its values are the ages of unanswered requests, or
// because clients were left waiting. youngest is the smallest of these ages.
func atLeast(h *stats.Histogram, r *load.Result, youngest time.Duration, name string, value float64) bool {
	open := stats.Unanswered{N: r.Censored, Youngest: float64(youngest), NotSent: load.NotSent(r.Metrics)}
	if q := metric.Of(name).Quantile(); q > 0 {
		return stats.AtLeast(value, open.Most(q, h))
	}
	return open.NotSent > 0 || open.Below(value)
}

// firstWrong shows a wrong reply.
func firstWrong(w *load.WrongReply) string {
	return fmt.Sprintf("first wrong reply: connection %d, request %d, byte %d: wanted %q, got %q", w.Conn, w.Request, w.Offset, w.Want, w.Got)
}

// loadTable prints what became of the requests, beginning with how many clients were served.
func loadTable(out io.Writer, o load.Options, r *load.Result) error {
	if r.Uncounted != "" {
		_, err := fmt.Fprintln(out, "NOT VALID:", r.Uncounted)
		return err
	}
	m := r.Metrics
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "served\t%.0f of %s\n", m[metric.Served], unit.Many(o.Connections, "connection"))
	fmt.Fprintf(w, "answered\t%s", unit.Many(int(m[metric.Completed]), "request"))
	if share, ok := m[metric.Answered]; ok {
		fmt.Fprintf(w, ", %s of what was asked for", unit.Format("share", share))
	}
	if rate, ok := m[metric.AchievedRate]; ok {
		fmt.Fprintf(w, ", %s/s", perSecond(rate))
	}
	if offered, ok := m[metric.OfferedRate]; ok {
		fmt.Fprintf(w, " of %s/s offered", perSecond(offered))
	}
	if r.LowerBound {
		fmt.Fprint(w, " at least: the generator had no CPU left")
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "not answered\t%.0f unanswered, %.0f lost, %.0f wrong, %.0f duplicate\n", m[metric.Unanswered], m[metric.Lost], m[metric.Wrong], m[metric.Duplicate])
	for _, name := range []string{"refused", "reset", "closed", "timeout", "unreachable", "descriptors", "ports", "other"} {
		if n := m["errors."+name]; n > 0 {
			fmt.Fprintf(w, "errors\t%s %s\n", unit.Many(int(n), "connection"), name)
		}
	}
	fmt.Fprintln(w, "\tmean\tp50\tp90\tp99\tp99.9\tmax")
	for _, row := range []struct{ name, label string }{
		{metric.Latency, "response time"}, {metric.Service, "service time"}, {metric.Connect, "connect"}, {metric.FirstReply, "first reply"}, {metric.SendLag, "send lag"},
	} {
		parts := []string{"mean", "p50", "p90", "p99", "p999", "max"}
		if !slices.ContainsFunc(parts, func(q string) bool { _, has := m[row.name+"."+q]; return has }) {
			continue
		}
		fmt.Fprint(w, row.label)
		for _, q := range parts {
			name := row.name + "." + q
			v, ok := m[name]
			switch {
			case !ok:
				fmt.Fprint(w, "\t-")
			case row.name == metric.Latency && atLeast(r.Response, r, r.AtLeast, name, v),
				row.name == metric.Service && r.ServiceAtLeast > 0 && atLeast(r.Service, r, r.ServiceAtLeast, name, v):
				fmt.Fprintf(w, "\t>= %s", shortTime(v))
			default:
				fmt.Fprintf(w, "\t%s", shortTime(v))
			}
		}
		fmt.Fprintln(w)
	}
	if cpu, ok := m[metric.ClientCPU]; ok {
		fmt.Fprintf(w, "generator\t%s engine, %.2f CPUs busy\n", r.Engine, cpu)
	} else {
		fmt.Fprintf(w, "generator\t%s engine\n", r.Engine)
	}
	for _, p := range r.Present() {
		if p.Measured() {
			continue
		}
		fmt.Fprintf(w, "disturbers\t%v; %s, %d ended by the server\n", p, unit.Many(int(r.Disturbers[p.Kind+".requests"]), "request"), r.Disturbers[p.Kind+".ended"])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if wrong := r.Wrong; wrong != nil {
		fmt.Fprintln(out, firstWrong(wrong))
	}
	for _, reason := range r.Reasons {
		said := "NOT VALID:"
		if reason.Warning {
			said = "note:"
		}
		fmt.Fprintln(out, said, reason.Text)
	}
	return nil
}
