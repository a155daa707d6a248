package report

import (
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
)

// state says what is wrong with the run as a whole, the remedy included.
func state(r result.Run, m result.Manifest) (s []string) {
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
	case len(r.Trials) == 0 && !m.Finished.IsZero():
		s = append(s, "The run ended, and none of its trials is in trials.jsonl any more. "+resume+" measures all of them again.")
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
	if _, gone := r.Lost(); gone > 0 && len(r.Trials) > 0 {
		s = append(s, fmt.Sprintf("Of this run %s not in trials.jsonl any more, although it ended; %s measures what is missing.", were(gone), resume))
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

// were counts trials, with the verb.
func were(n int) string {
	if n == 1 {
		return "1 trial is"
	}
	return trials(n) + " are"
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
