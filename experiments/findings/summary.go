package findings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"socketbench/experiments/catalog"
	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// Schema is the version of the summaries that this package writes and reads.
const Schema = 1

// Summary is one run without its trials.
type Summary struct {
	Schema      int             `json:"schema"`
	Manifest    result.Manifest `json:"manifest"`
	Seconds     number          `json:"seconds"` // wall time of its trials
	Trials      int             `json:"trials"`
	Invalid     int             `json:"invalid"` // of Trials
	Cells       []Cell          `json:"cells"`
	Families    []Family        `json:"comparisons"`
	Predictions []Prediction    `json:"predictions"` // in the order of the experiment

	file     string // "latency", of latency.json
	analysis verdict.Analysis
}

// Cell sums up the valid trials of one cell.
type Cell struct {
	Cell    result.Cell       `json:"cell"`
	Trials  int               `json:"trials"`
	Fault   string            `json:"fault,omitempty"`    // what the server did in one of them that no server may
	InForce string            `json:"in_force,omitempty"` // what the utilizations of its condition came to
	Limits  *verdict.Limits   `json:"limits,omitempty"`   // what held its rate back; none: nothing
	Metrics map[string]figure `json:"metrics,omitempty"`
}

// Family is one metric of every design against the baseline, under one condition.
type Family struct {
	Metric      string       `json:"metric"`
	Condition   result.Cell  `json:"condition"`
	On          string       `json:"on,omitempty"`
	Comparisons []Comparison `json:"designs"`
}

// Comparison is one design of a family.
type Comparison struct {
	Server  string       `json:"server"`
	Ratio   number       `json:"ratio"` // 0: there is none
	Low     number       `json:"low"`
	High    number       `json:"high"`
	Word    verdict.Word `json:"word"`
	Why     string       `json:"why,omitempty"`
	Limited string       `json:"limited,omitempty"`
	Faulty  string       `json:"faulty,omitempty"`
	Marks   []string     `json:"marks,omitempty"`

	Survives string `json:"survives,omitempty"` // what attacks on it found
}

// Prediction is what became of a claim.
type Prediction struct {
	Claim    string       `json:"claim"`
	Word     verdict.Word `json:"word"`
	Value    number       `json:"value"`
	Low      number       `json:"low"`
	High     number       `json:"high"`
	On       string       `json:"on,omitempty"`
	Marks    []string     `json:"marks,omitempty"`
	Sentence string       `json:"sentence"`
	Survives string       `json:"survives,omitempty"` // what attacks on it found
}

// always are the metrics of every cell, beside those that the experiment is about.
var always = []string{metric.Answered, metric.Served, metric.Unserved, metric.AchievedRate, metric.LatencyP50, metric.LatencyP99,
	metric.CPUPerRequest, metric.RSSPerConnection}

// New sums up a run. Beside the primary metric and those of the predictions, it keeps the comparisons of the metrics in
// also: those that README and claims.yaml ask for.
func New(run result.Run, a verdict.Analysis, also []string) Summary {
	s := Summary{Schema: Schema, Manifest: run.Manifest, Trials: len(run.Final()), analysis: a}
	h := &s.Manifest.Host
	h.Limits, h.Sysctls, s.Manifest.Profiles, s.Manifest.NotMeasured = nil, nil, nil, nil
	s.Manifest.Capacities = slices.Clone(run.Manifest.Capacities)
	for i := range s.Manifest.Capacities {
		s.Manifest.Capacities[i].Attempts = nil
	}
	var took float64
	for _, t := range run.Trials {
		took += t.Seconds
		if !t.Valid && !t.Replaced {
			s.Invalid++
		}
	}
	s.Seconds = number(took)
	compared := append([]string{a.Experiment.Primary}, also...)
	for _, p := range a.Experiment.Predict {
		compared = append(compared, p.Metric)
	}
	shown := slices.Concat(always, compared)
	for _, c := range a.Cells {
		cell := Cell{Cell: c.ID, Trials: c.Trials, InForce: c.InForce, Fault: c.Fault.String(), Metrics: map[string]figure{}}
		if l := c.Limits; l != (verdict.Limits{Blocks: l.Blocks}) {
			cell.Limits = &l
		}
		for _, name := range shown {
			if v, ok := c.Metrics[name]; ok {
				cell.Metrics[name] = figure(v)
			}
		}
		s.Cells = append(s.Cells, cell)
	}
	for _, f := range a.Families {
		if !slices.Contains(compared, f.Metric) {
			continue
		}
		family := Family{Metric: f.Metric, Condition: f.Condition, On: f.On}
		for _, c := range f.Comparisons {
			family.Comparisons = append(family.Comparisons, Comparison{Server: c.Server, Ratio: number(c.Ratio), Low: number(c.Low),
				High: number(c.High), Word: c.Word, Why: c.Why, Limited: c.Limited, Faulty: c.Faulty, Marks: c.Marks, Survives: c.Survives})
		}
		s.Families = append(s.Families, family)
	}
	for _, p := range a.Predictions {
		s.Predictions = append(s.Predictions, Prediction{Claim: p.Claim, Word: p.Word, Value: number(p.Value), Low: number(p.Low),
			High: number(p.High), On: p.On, Marks: p.Marks, Sentence: p.Sentence, Survives: p.Survives})
	}
	return s
}

// Experiment is the name of the experiment.
func (s Summary) Experiment() string { return s.Manifest.Experiment }

// Took is how long the trials took.
func (s Summary) Took() time.Duration {
	return time.Duration(float64(s.Seconds) * float64(time.Second)).Round(time.Second)
}

// Marshal is the summary as its file: a line for each cell and each comparison, so that a change of one is a change of
// a line.
func (s Summary) Marshal() ([]byte, error) {
	var b bytes.Buffer
	var failed error
	add := func(v any) {
		text, err := json.Marshal(v)
		if err != nil && failed == nil {
			failed = fmt.Errorf("findings: %s: %w", s.Experiment(), err)
		}
		b.Write(text)
	}
	list := func(name string, n int, at func(int) any) {
		fmt.Fprintf(&b, ",\n%q: [", name)
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('\n')
			add(at(i))
		}
		b.WriteString("\n]")
	}
	fmt.Fprintf(&b, "{\n\"schema\": %d,\n\"manifest\": ", s.Schema)
	add(s.Manifest)
	fmt.Fprint(&b, ",\n\"seconds\": ")
	add(s.Seconds)
	fmt.Fprintf(&b, ",\n\"trials\": %d,\n\"invalid\": %d", s.Trials, s.Invalid)
	list("cells", len(s.Cells), func(i int) any { return s.Cells[i] })
	list("comparisons", len(s.Families), func(i int) any { return s.Families[i] })
	list("predictions", len(s.Predictions), func(i int) any { return s.Predictions[i] })
	b.WriteString("\n}\n")
	return b.Bytes(), failed
}

// strict decodes JSON and refuses unknown fields and what follows the value.
func strict(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("something follows the value")
	}
	return nil
}

// words are those that a comparison or a prediction may have.
var words = []verdict.Word{verdict.Faster, verdict.Slower, verdict.Tie, verdict.Undecided, verdict.NotAsked, verdict.Holds, verdict.Refuted}

// parse reads a summary and checks it against the experiment that it holds.
func parse(text []byte) (s Summary, err error) {
	if err := strict(text, &s); err != nil {
		return s, err
	}
	if s.Schema != Schema {
		return s, fmt.Errorf("schema %d is not %d; keep the run again", s.Schema, Schema)
	}
	e, err := spec.Parse("manifest.spec", []byte(s.Manifest.Spec), nil)
	if err != nil {
		return s, err
	}
	if s.analysis, err = s.judged(e); err == nil {
		s.reword()
	}
	return s, err
}

// reword gives a summary the words of the catalogue, which may be plainer than those of the day on which it was measured,
// where the catalogue asks the same.
func (s *Summary) reword() {
	now, err := catalog.Get(s.Experiment(), nil)
	if err != nil {
		return
	}
	e := &s.analysis.Experiment
	e.Question, e.Teaches = now.Question, now.Teaches
	e.Predict = slices.Clone(e.Predict)
	s.analysis.Predictions = slices.Clone(s.analysis.Predictions)
	for i, p := range e.Predict {
		if k := slices.IndexFunc(now.Predict, func(q spec.Prediction) bool { return sameQuestion(p, q) }); k >= 0 {
			e.Predict[i].Claim, e.Predict[i].Refuted = now.Predict[k].Claim, now.Predict[k].Refuted
			s.analysis.Predictions[i].Claim = now.Predict[k].Claim
		}
	}
}

// sameQuestion reports whether two predictions expect the same of the same cells.
func sameQuestion(p, q spec.Prediction) bool {
	return p.Metric == q.Metric && p.Expect == q.Expect && result.Cell(p.Of).Key() == result.Cell(q.Of).Key() &&
		result.Cell(p.Against).Key() == result.Cell(q.Against).Key()
}
