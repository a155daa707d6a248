package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"socketbench/experiments/reason"
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
	p.State = state(in.Run, a, m)
	p.Lead = slices.Concat(lead(g), winners(a, g), verdict.Loads(m.Capacities, m.Loads))
	p.Served, p.Asked = servedTables(g, e)
	p.Required, p.Decides = required(a, g)
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

// state says what is wrong with the run as a whole, the remedy included.
func state(r result.Run, a verdict.Analysis, m result.Manifest) (s []string) {
	valid := 0
	for _, t := range r.Trials {
		if t.Counts() {
			valid++
		}
	}
	resume := m.Resume(r.Dir)
	switch {
	case len(r.Trials) == 0 && len(r.Damaged) > 0:
		s = append(s, "No trial can be read. "+resume+" measures all of them again.")
	case len(r.Trials) == 0:
		s = append(s, "Nothing was measured: the run ended before its first trial did. "+resume+" continues it.")
	case valid == 0:
		s = append(s, noneValid(r.Final()))
	case m.Finished.IsZero():
		s = append(s, fmt.Sprintf("The run did not end. This report is made from the %s that it measured; %s continues it.", trials(len(r.Final())), resume))
	}
	if valid > 0 {
		s = append(s, filled(unsteady(r.Final()))...)
	}
	if r.Torn {
		s = append(s, "The last trial was cut off while it was written, and does not count. "+resume+" measures it again.")
	}
	for i, d := range r.Damaged {
		if i == mostDamaged {
			s = append(s, fmt.Sprintf("%d more trials are damaged in the same or another way.", len(r.Damaged)-i))
			break
		}
		sentence := capital(d.What)
		if d.Lost {
			sentence += "; it is left out, and " + resume + " measures it again"
		}
		s = append(s, sentence+".")
	}
	return s
}

// mostDamaged is how many damaged trials are named. The others are counted.
const mostDamaged = 5

// manyUnusable is the share of a run's trials above which its report begins with them.
const manyUnusable = 0.2

// unsteady says that many trials were invalid or disturbed, where the servers are not the cause; "" if they were few.
func unsteady(list []result.Trial) string {
	invalid, disturbed := 0, 0
	for _, t := range list {
		switch {
		case !t.Valid && slices.ContainsFunc(t.Reasons, ofMachine):
			invalid++
		case t.Valid && t.Disturbed != "":
			disturbed++
		}
	}
	if float64(invalid+disturbed) < manyUnusable*float64(len(list)) {
		return ""
	}
	var parts []string
	if invalid > 0 {
		parts = append(parts, unit.Count(invalid)+" are invalid, because the generator was late or had no turn")
	}
	if disturbed > 0 {
		parts = append(parts, unit.Count(disturbed)+" count although the machine disturbed them")
	}
	return fmt.Sprintf("This machine was unsteady: of %s %s. Intervals are wide, and figures may be those of other work on the machine; socketbench doctor says what is wrong with it.",
		trials(len(list)), strings.Join(parts, ", and "))
}

// ofMachine reports whether a reason lies in the machine, and not in the server or in what it was told.
func ofMachine(r reason.Reason) bool {
	return !r.Warning && (r.Kind == reason.Generator || r.Kind == reason.Pause)
}

// noneValid says why no trial counts: because of the servers, because of the generator and the machine, or both.
func noneValid(list []result.Trial) string {
	failed := 0
	for _, t := range list {
		if t.Fault.Kind != "" {
			failed++
		}
	}
	const doctor = "; socketbench doctor says whether this machine is fit to measure"
	switch n := trials(len(list)); {
	case failed == len(list) && failed == 1:
		return "The only trial does not count, because its server failed."
	case failed == len(list):
		return "None of the " + n + " counts, because the server failed in each of them."
	case failed > 0:
		return fmt.Sprintf("None of the %s counts: in %s the server failed, and in the others the figures would describe the generator or the machine. The reasons are below%s.", n, unit.Count(failed), doctor)
	case len(list) == 1:
		return "The only trial is invalid: its figures would describe the generator or the machine, not the server. The reasons are below" + doctor + "."
	default:
		return "All " + n + " are invalid: their figures would describe the generator or the machine, not the servers. The reasons are below" + doctor + "."
	}
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
