package cmd

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/quote"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// outcome is the error that a run ends with for what was measured, and writes what became of its bounds.
func (a *app) outcome(run result.Run, analysis verdict.Analysis, f runFlags) error {
	err := a.heldTo(analysis, f)
	counts := func(string) bool { return true }
	if answersFit(run.Manifest) { // a design of this project that cannot be measured is part of the answer
		counts = func(server string) bool { _, own := analysis.Experiment.Commands.Of(server); return own }
	}
	if no := broken(run, analysis, counts); no != nil {
		return no
	}
	if err == nil {
		err = failsOfOwn(analysis)
	}
	return err
}

// failsOfOwn is the error of a run in which a server of the user's own fails what is required.
func failsOfOwn(analysis verdict.Analysis) error {
	for _, r := range analysis.Required {
		if _, own := analysis.Experiment.Commands.Of(r.Server); r.Word != verdict.Refuted || !own {
			continue
		}
		m, _ := r.Deciding()
		return &doesNotHold{fmt.Errorf("run: %s fails what is required: %s", quote.Text(r.Server), strings.TrimSuffix(m.Sentence, "."))}
	}
	return nil
}

// heldTo writes what became of the bounds of a run and returns the error that its gate ends with.
func (a *app) heldTo(analysis verdict.Analysis, f runFlags) error {
	if len(f.bounds) == 0 {
		return nil
	}
	gate, err := analysis.Gate(f.bounds)
	if err != nil {
		return fmt.Errorf("run: %w", err)
	}
	return a.concludeGate("run", &gate, f.gate, a.stdout)
}

// broken is the error of a run in which a server failed, was never measured, or answered wrongly or not at all. What a
// design does not promise, such as to serve many clients at once, is no failure.
// It is about the servers that count. A datagram that is lost is no failure, because nobody has promised that it arrives.
func broken(run result.Run, analysis verdict.Analysis, counts func(server string) bool) error {
	faults := slices.DeleteFunc(slices.Clone(analysis.Faults), func(f verdict.Fault) bool { return !counts(f.Cell.Server()) })
	trials := slices.DeleteFunc(slices.Clone(run.Trials), func(t result.Trial) bool { return !counts(t.Cell.Server()) })
	no := func(format string, args ...any) error { return &doesNotHold{fmt.Errorf(format, args...)} }
	if len(faults) > 0 {
		more := ""
		if n := len(faults); n > 1 {
			more = fmt.Sprintf(", the first of %d failures", n)
		}
		return no("%s%s; socketbench report %s says how each failed", strings.TrimSuffix(faults[0].Sentence(), "."), more, run.Dir)
	}
	used := map[string]bool{}
	for _, t := range trials {
		used[t.Cell.Server()] = used[t.Cell.Server()] || t.Counts()
	}
	for _, t := range trials {
		if !used[t.Cell.Server()] {
			return no("%s: none of its trials can be used: %s", quote.Text(t.Cell.Server()), t.Reasons)
		}
	}
	for _, t := range trials {
		for _, bad := range []struct{ metric, how string }{
			{metric.Duplicate, "that nobody asked for"}, {metric.Lost, "lost"}, {metric.RepliesLostAtDrain, "lost when it was stopped"},
		} {
			if n := t.Metrics[bad.metric]; n > 0 && !(bad.metric == metric.Lost && analysis.Experiment.Transport == "udp") {
				return no("%s: %s %s in block %d; see %s",
					quote.Text(t.Cell.Server()), unit.Many(int(n), "reply"), bad.how, t.Block+1, filepath.Join(run.Dir, "trials.jsonl"))
			}
		}
	}
	return nil
}
