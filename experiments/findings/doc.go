// Package findings keeps what runs of the built-in experiments found, small enough to stand in the repository, and writes
// the pages that say it: FINDINGS.md and the measured regions of README.md. Nothing in them is typed.
//
// A [Summary] is one run without its trials: the manifest, the medians and intervals that matter, the comparisons and the
// outcomes of the predictions. Summaries stand in a folder for each class of machine, such as plain/latency.json, beside a
// class.json that says in words what the machine is.
//
// What people wrote is held against the summaries: why.yaml gives a reason for each word that differs between classes,
// and claims.yaml names the measurement behind each sentence of the designs' essays and of README that a measurement
// could contradict. [Check] returns what does not fit.
//
// To make it all anew, on a quiet machine, 45 minutes for each class:
//
//	socketbench run all --out results/plain
//	go run ./.ci/bars findings keep plain results/plain
//	go run ./.ci/bars findings write
package findings
