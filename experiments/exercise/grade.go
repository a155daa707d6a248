package exercise

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"socketbench/servers"
	"socketbench/servers/servertest"
)

// Budget is how long a task takes at most, unless more is given. A rule that is not decided by then is undecided.
const Budget = 5 * time.Second

// patience is how long a rule waits for something to happen.
const patience = time.Second

// Grade is what came of an attempt.
type Grade struct {
	Task    string            `json:"task"`
	Passed  bool              `json:"passed"`
	Why     string            `json:"why,omitempty"`     // the first rule that is broken, or why the attempt is not decided
	Advice  string            `json:"advice,omitempty"`  // what the attempt most likely got wrong
	Decided bool              `json:"decided"`           // false: every rule that was decided is kept, but some were not
	Report  servertest.Report `json:"report"`            // of the contract
	Broken  []string          `json:"broken,omitempty"`  // rules
	Took    time.Duration     `json:"took_ns,omitempty"` // of the grading
}

// Mark checks an attempt against the rules of its task. The target says how the attempt is started or reached. It blocks for at
// most the budget and a second more.
func (t Task) Mark(ctx context.Context, target servertest.Target, budget time.Duration) Grade {
	quoted := make([]string, len(t.Rules))
	for i, r := range t.Rules {
		quoted[i] = regexp.QuoteMeta(r)
	}
	target.Framing, target.Cheap = t.Framing, true
	switch {
	case t.several():
		target.Traits = new(servers.Traits) // it is to serve all of them: a design that promises less has not passed
	case target.Traits != nil:
		promises := *target.Traits
		promises.Faults = nil // a known fault is one
		target.Traits = &promises
	}
	if t.Stops && target.Start != nil {
		// These rules configure only how long a stopping server waits for its clients, and an attempt chooses that itself.
		target.Stops, target.Config = true, true
	}
	began := time.Now()
	if err := starts(ctx, target); err != nil {
		g := Grade{Task: t.Name, Decided: ctx.Err() == nil, Advice: sentence(err.Error()), Took: time.Since(began)}
		g.Report = t.unasked(g.Advice)
		return g
	}
	report := servertest.Check(ctx, target, servertest.Options{
		Only: regexp.MustCompile("^(" + strings.Join(quoted, "|") + ")$"), Patience: patience, Budget: budget, Since: began})
	g := Grade{Task: t.Name, Report: report, Took: time.Since(began)}
	failed := t.broken(report)
	for _, r := range failed {
		g.Broken = append(g.Broken, r.Case)
	}
	undecided := len(t.Rules) - report.Count(servertest.Passed) - len(g.Broken)
	g.Passed = undecided == 0 && len(g.Broken) == 0
	g.Decided = g.Passed || len(g.Broken) > 0
	switch {
	case report.Absent != nil:
		g.Why = report.Absent.Error() + "; start the server first, or give the 'COMMAND {port}' that starts it"
	case len(g.Broken) > 0:
		g.Why, g.Advice = failed[0].Why, t.advice(failed)
	case undecided > 0:
		g.Why = fmt.Sprintf("%d of %d rules could not be decided%s", undecided, len(t.Rules), first(report))
		if report.Spent > 0 {
			g.Why += fmt.Sprintf("; --budget %v gives more time", 4*budget)
		}
	}
	return g
}

// unasked is the report of an attempt of which no rule could be asked.
func (t Task) unasked(reason string) servertest.Report {
	r := servertest.Report{Framing: t.Framing}
	for _, c := range servertest.Cases() {
		if slices.Contains(t.Rules, c.Name) {
			r.Results = append(r.Results, servertest.Result{Case: c.Name, Why: c.Why, Outcome: servertest.NotRun, Reason: reason})
		}
	}
	return r
}

// starts starts the server of a target once and ends it. The error says why it does not start, in one sentence, which is better
// than the same one from every rule.
func starts(ctx context.Context, target servertest.Target) error {
	if target.Start == nil {
		return nil // it runs
	}
	cfg := servers.Config{}
	cfg.Protocol.Framing = target.Framing
	server, err := target.Start(ctx, cfg)
	if err != nil {
		return fmt.Errorf("the server does not start: %w", err)
	}
	server.Stop()
	return nil
}

// several reports whether the task is about clients that are served at the same time.
func (t Task) several() bool {
	return slices.ContainsFunc(servertest.Cases(), func(c servertest.Case) bool { return c.Conns > 1 && slices.Contains(t.Rules, c.Name) })
}

// advice is the sentence of the first mistake that fits what the contract saw, else the contract's own.
func (t Task) advice(failed []servertest.Result) string {
	for _, m := range t.Mistakes {
		for _, r := range failed {
			if (m.Rule == "" || m.Rule == r.Case) && strings.Contains(r.Failure.Fault, m.Fault) && (m.Seen == "" || m.Seen == r.Failure.Seen) {
				return m.Says
			}
		}
	}
	if fault := failed[0].Failure.Fault; fault != "" {
		return sentence("it " + fault)
	}
	return sentence(failed[0].Failure.What)
}

// broken lists the results of the rules that failed, in the order of the task, which is from the simplest on.
func (t Task) broken(report servertest.Report) (list []servertest.Result) {
	for _, rule := range t.Rules {
		for _, r := range report.Results {
			if r.Case == rule && r.Outcome == servertest.Failed {
				list = append(list, r)
			}
		}
	}
	return list
}

// sentence gives what happened a capital letter and a full stop.
func sentence(s string) string {
	if !strings.HasSuffix(s, "?") {
		s += "."
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// first says why the first rule that was not decided was not.
func first(report servertest.Report) string {
	for _, r := range report.Results {
		if r.Outcome != servertest.Passed && r.Outcome != servertest.Failed {
			return fmt.Sprintf(": %s: %s", r.Case, r.Reason)
		}
	}
	return ""
}
