package cmd

import (
	"errors"

	"socketbench/experiments/report"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// conclude keeps the reports of a run beside its results and prints one, even if they cannot be kept: a disk may be
// full, or not writable.
func (a *app) conclude(run result.Run, analysis verdict.Analysis) error {
	in := a.reportInput(run, analysis)
	kept := report.Save(in)
	in.Published = asPublished(run.Dir, report.Past{Dir: run.Dir, Name: run.Manifest.Experiment, Run: run, Analysis: analysis})
	return errors.Join(report.Write("text", a.stdout, in), kept)
}

// answer keeps the reports of a run, and prints which designs meet what is required. cut says which clients of the service
// did not fit on this machine.
func (a *app) answer(run result.Run, analysis verdict.Analysis, cut []string) error {
	in := a.reportInput(run, analysis)
	kept := report.Save(in)
	return errors.Join(report.WriteAnswer(a.stdout, in, cut), kept)
}
