package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"socketbench/experiments/report/sidebyside"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

// page is the model of a whole report: sentences, tables and the data of charts, in the order in which they are read.
type page struct {
	Experiment string
	Question   string
	Teaches    string
	When       string
	Machine    string    // the machine, in a line
	Faults     []failure // how servers failed
	State      []string  // what is wrong with the run as a whole: nothing measured, ended early, all invalid
	Designs    []design

	Lead        []string // what happened, in sentences
	Served      table
	Asked       table    // the primary metric, where it has no column in Served
	Required    table    // what is required, and which designs meet it
	Decides     []string // what is known of the backend, and which designs do, in sentences
	Further     []string // their memory where that is extrapolated, and how much more load they take: a sentence a design
	Tally       string   // "5 predictions: 4 hold, 1 refuted"
	Predictions []prediction
	Compared    []comparison // of the primary metric and a few others
	Others      []comparison // of every other metric, without a chart
	Attacked    table        // what was tried to overturn the verdicts
	Survived    []string     // what came of it, a sentence a verdict

	Figures []figure
	Missing []string // charts that the experiment asks for and that this run has no data for

	Invalid     table
	Marked      []table // trials with a warning, and trials that were run again
	NotMeasured []string

	Full []table
	Code sidebyside.Fragment

	Facts   []fact
	Command string
	Spec    string
}

// prediction is a claim and its verdict.
type prediction struct {
	Claim, Sentence string
	Word            verdict.Word
	Class           string
	Value, Interval string
	Expect, Refuted string
	Survives        string // what attacks on it found, as a sentence; "": none was tried
	About           string // the metric and the cells that it is about
}

// comparison is one metric of every design against the baseline, under all conditions.
type comparison struct {
	Title string
	Short table    // a column a condition
	Long  table    // a row a verdict, with the sentence
	Chart drawable // nil: none
}

// figure is a chart with the table behind it.
type figure struct {
	ID          string
	Title       string
	Explanation string // what to look at
	Chart       drawable
	Table       table
	Legend      bool   // it has lines that the legend names
	Text        string // the chart for a terminal; "": none
}

// drawable is the data of a picture. Only the format html draws it.
type drawable interface{ HTML() string }

type fact struct{ Name, Value string }

func newPage(in Input) page {
	if in.Registry == nil {
		in.Registry = servers.All()
	}
	a := in.Analysis
	m := in.Run.Manifest
	if m.Experiment == "" {
		m = a.Manifest
	}
	e := a.Experiment
	g := newGrid(a.Cells, in.Registry)
	for i := range g.designs { // what a name stands for is all that is known of such a server
		g.designs[i].Idea = cmp.Or(g.designs[i].Idea, e.Commands[g.designs[i].Name])
	}
	p := page{
		Experiment: m.Experiment, Question: m.Question, Teaches: e.Teaches,
		Designs: g.designs,
		Command: foreign.ShellLine(m.Command...), Spec: m.Spec,
	}
	if !m.Started.IsZero() {
		p.When = m.Started.UTC().Format("2 January 2006, 15:04 UTC")
	}
	p.Machine = where(m)
	p.Faults = failures(a.Faults)
	p.State = state(in.Run, m)
	p.Lead = slices.Concat(lead(g), winners(a, g), verdict.Loads(m.Capacities, m.Loads))
	p.Served, p.Asked = servedTables(g, e)
	p.Required, p.Decides = required(a, g)
	p.Further = slices.Concat(extrapolated(a), headrooms(a))
	p.Predictions, p.Tally = predictions(a)
	p.Compared, p.Others = compared(a, g)
	p.Attacked, p.Survived = attacked(g, in.Run.Refuted)
	p.Figures, p.Missing = figures(g, in)
	p.Invalid = problems(g, a.Invalid, "Invalid trials, which were not used")
	p.Marked = []table{
		problems(g, a.Warnings, "Trials with a warning, which were used"),
		problems(g, a.Repeated, "Trials that were run again at the end of their block: the second run was used"),
	}
	for _, s := range slices.Concat(a.Notes, m.NotMeasured) {
		if !slices.Contains(p.NotMeasured, s) {
			p.NotMeasured = append(p.NotMeasured, s)
		}
	}
	p.Full = fullTables(g)
	if !in.WithoutCode {
		p.Code = code(g, e)
	}
	p.Facts = facts(m, in.Run)
	return p
}

// where says on which machine the servers of a run were, and where their load came from if that was another.
func where(m result.Manifest) string {
	var parts []string
	h := m.Host
	if h.CPUModel != "" {
		parts = append(parts, h.CPUModel)
	}
	if h.CPUs > 0 {
		parts = append(parts, fmt.Sprintf("%d CPUs", h.CPUs))
	}
	if h.Kernel != "" {
		parts = append(parts, h.OS+" "+h.Kernel)
	} else if h.OS != "" {
		parts = append(parts, h.OS+"/"+h.Arch)
	}
	if n := len(m.Agents) - 1; n > 0 {
		parts = append(parts, "load from "+unit.Many(n, "other machine"))
	}
	return strings.Join(parts, ", ")
}

// problems lists trials with their reasons. Trials of one cell with the same reasons share a row.
func problems(g grid, list []verdict.Problem, caption string) table {
	t := table{Caption: caption, Columns: []column{{Head: "cell", Text: true}, {Head: "blocks", Text: true}, {Head: "reason", Text: true}}}
	row := map[string]int{}
	for _, p := range list {
		reason := strings.Join(p.Reasons, "; ")
		block := unit.Count(p.Block + 1)
		key := p.Cell.Key() + reason
		if i, ok := row[key]; ok {
			if !slices.Contains(strings.Split(t.Rows[i][1].Text, ", "), block) { // an A/A pair has two trials in a block
				t.Rows[i][1].Text += ", " + block
			}
			continue
		}
		row[key] = len(t.Rows)
		t.Rows = append(t.Rows, []tableCell{named(g.cellName(p.Cell), "name"), plain(block), plain(reason)})
	}
	return t
}

// resent says which part of its TCP segments an agent's machine had to send again, in all windows together.
func resent(r result.Run, name string) string {
	var sent, again float64
	for _, t := range r.Final() {
		sent += t.Raw[result.SegmentsSent+name]
		again += t.Raw[result.SegmentsResent+name]
	}
	if sent == 0 {
		return ""
	}
	return fmt.Sprintf(", %s of %s TCP segments sent again", unit.Count(int(again)), unit.Count(int(sent)))
}

func facts(m result.Manifest, r result.Run) []fact {
	var f []fact
	add := func(name, format string, v ...any) {
		if s := fmt.Sprintf(format, v...); s != "" && s != "0" && s != "[]" {
			f = append(f, fact{name, s})
		}
	}
	h := m.Host
	add("experiment", "%s", m.Experiment)
	add("directory", "%s", r.Dir)
	add("seed", "%d", m.Seed)
	add("plan", "%s", m.PlanHash)
	add("blocks", "%d", m.Blocks)
	add("why the run ended", "%s", m.Decision)
	add("placement", "%s", m.Placement)
	for i, a := range m.Agents {
		role := "agent that loads"
		if i == 0 {
			role = "server's agent"
		}
		add(role, "%s (%s, %s, %s), least round trip %s%s", a.Name, a.CPUModel, unit.Many(a.CPUs, "CPU"), a.Kernel, unit.Format("ns", float64(a.RoundTrip)), resent(r, a.Name))
	}
	add("tool", "%s", strings.TrimSpace(m.Tool+" "+m.Commit))
	add("Go", "%s", m.Go)
	add("system", "%s", strings.TrimSpace(h.OS+"/"+h.Arch+" "+h.Kernel))
	add("CPU", "%s", h.CPUModel)
	add("CPUs", "%d", h.CPUs)
	add("server's CPUs", "%v", h.ServerCPUs)
	add("generator's CPUs", "%v", h.ClientCPUs)
	if h.MemoryKiB > 0 {
		add("memory", "%s", unit.Format("bytes", float64(h.MemoryKiB)*1024))
	}
	for _, k := range sorted(h.Limits) {
		add("limit "+k, "%s", result.LimitText(h.Limits[k]))
	}
	for _, k := range sorted(h.Sysctls) {
		add(k, "%s", h.Sysctls[k])
	}
	for _, s := range m.Environment {
		add(s.Name, "%s", s.Value+" ("+s.Fate+")")
	}
	f = append(f, fact{"CPU time taken by others (steal)", unit.Percent(h.StealShare)})
	if m.WorkUnit > 0 {
		add("one iteration of work", "%s", unit.Format("ns", m.WorkUnit))
	}
	if !m.Started.IsZero() {
		add("started", "%s", m.Started.UTC().Format(time.RFC3339))
	}
	if !m.Finished.IsZero() {
		add("finished", "%s", m.Finished.UTC().Format(time.RFC3339))
	}
	return f
}
