package findings

import (
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"socketbench/experiments/catalog"
	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// claims are claims.yaml.
type claims struct {
	Claims []Claim     `yaml:"claims"`
	Others []Exception `yaml:"others"`
}

// Claim is a sentence in an essay, or a part of one, that a measurement can contradict. No class of machine may refute
// what it expects.
type Claim struct {
	In         string `yaml:"in"`         // the file, below the root of the repository
	Says       string `yaml:"says"`       // as it stands there, whatever its line breaks
	Experiment string `yaml:"experiment"` // that measures it: a summary's name, such as latency or latency-designs
	Metric     string `yaml:"metric"`
	Of         string `yaml:"of"`      // the cell, as in "server=epoll, load.idle=10000"
	Against    string `yaml:"against"` // the other cell; "": expect is about the value itself
	Expect     string `yaml:"expect"`  // as in a prediction
}

// Exception is a sentence that looks like a measurement to the lint and is none, or is one that no experiment makes.
type Exception struct {
	In      string `yaml:"in"`
	Says    string `yaml:"says"`
	Because string `yaml:"because"`
}

func loadClaims(dir fs.FS) (c claims, err error) {
	text, err := fs.ReadFile(dir, "claims.yaml")
	if err != nil {
		return c, fmt.Errorf("findings: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict()); err != nil {
		return c, fmt.Errorf("findings: claims.yaml: %w", err)
	}
	for _, e := range c.Others {
		if e.Because == "" {
			return c, fmt.Errorf("findings: claims.yaml: %q in %s: say in because why it needs no measurement", e.Says, e.In)
		}
	}
	return c, nil
}

// check lists the claims that are not where they are said to be, that ask what no experiment measures, and that a class
// refutes; and the sentences that look like a measurement and that no entry names.
func (c claims) check(root string, classes []Class) (problems []string, err error) {
	add := func(format string, v ...any) { problems = append(problems, fmt.Sprintf(format, v...)) }
	files, err := essays(root)
	if err != nil {
		return nil, err
	}
	said := map[string][]string{}
	for _, claim := range c.Claims {
		said[claim.In] = append(said[claim.In], claim.Says)
		q, err := claim.question()
		if err != nil {
			add("claims.yaml: %q in %s: %v", claim.Says, claim.In, err)
			continue
		}
		for _, class := range classes {
			s, ok := class.Of(claim.Experiment)
			if !ok {
				continue
			}
			if low, high, known := s.interval(q); known && verdict.OutcomeOf(q.Expected, low, high) == verdict.Refuted {
				add("%s says %q, and %s on %s refutes it: %s of %s is %.3g to %.3g, and not %s; mend the sentence", claim.In, claim.Says,
					claim.Experiment, class.Name, claim.Metric, claim.Of, low, high, claim.Expect)
			}
		}
	}
	for _, e := range c.Others {
		said[e.In] = append(said[e.In], e.Says)
	}
	for _, file := range slices.Sorted(maps.Keys(said)) {
		text, ok := files[file]
		if !ok {
			add("claims.yaml: %s is no file whose sentences are checked", file)
			continue
		}
		for _, s := range said[file] {
			if !strings.Contains(text, plain(s)) {
				add("claims.yaml: %s does not say %q", file, s)
			}
		}
	}
	for _, file := range slices.Sorted(maps.Keys(files)) {
		for _, sentence := range sentences(files[file]) {
			if measured().MatchString(sentence) && (file != readmeFile || aDesign().MatchString(sentence)) && !slices.ContainsFunc(said[file], func(s string) bool {
				return strings.Contains(sentence, plain(s)) || strings.Contains(plain(s), sentence)
			}) {
				add("%s: no entry of claims.yaml names the measurement of %q", file, sentence)
			}
		}
	}
	return problems, nil
}

// question is a claim as the experiment asks it.
func (c Claim) question() (p spec.Prediction, err error) {
	p = spec.Prediction{Claim: c.Says, Metric: c.Metric, Expect: c.Expect}
	name := strings.TrimSuffix(c.Experiment, Designs)
	e, err := catalog.Get(name, nil)
	if err != nil {
		return p, err
	}
	if _, ok := metric.Find(c.Metric); !ok {
		return p, fmt.Errorf("there is no metric %q", c.Metric)
	}
	cell := func(text string) (result.Cell, error) {
		parsed, err := spec.ParseCell(text)
		if err != nil {
			return nil, err
		}
		id := result.Cell(parsed)
		found := false
		e.Conditions(func(condition map[string]any, _ spec.Experiment) bool {
			found = found || result.Cell(condition).With(id.Server()).Key() == id.Key()
			return true
		})
		if !found || c.Experiment == name && !slices.Contains(e.Servers, id.Server()) {
			return nil, fmt.Errorf("%s has no cell %s", c.Experiment, text)
		}
		return id, nil
	}
	if p.Of, err = cell(c.Of); err != nil {
		return p, err
	}
	if c.Against != "" {
		if p.Against, err = cell(c.Against); err != nil {
			return p, err
		}
	}
	p.Expected, err = spec.ParseExpect(c.Expect, spec.Unit(c.Metric), c.Against != "")
	return p, err
}

// interval is that of a value, or of the ratio of two: as a comparison or a prediction has it, or else as wide as the two
// intervals together allow. It is not known where a cell was not measured, or in one trial only.
func (s Summary) interval(q spec.Prediction) (low, high float64, known bool) {
	of, against := result.Cell(q.Of), result.Cell(q.Against)
	if len(against) == 0 {
		return s.value(of, q.Metric)
	}
	for i, p := range s.analysis.Experiment.Predict {
		if v := s.analysis.Predictions[i]; v.Word != verdict.NotAsked && v.High > 0 && p.Metric == q.Metric &&
			result.Cell(p.Of).Key() == of.Key() && result.Cell(p.Against).Key() == against.Key() {
			return v.Low, v.High, true
		}
	}
	for _, f := range s.analysis.Families {
		for _, c := range f.Comparisons {
			if f.Metric == q.Metric && c.Ratio > 0 && c.Of.Key() == of.Key() && f.Condition.With(f.Baseline).Key() == against.Key() {
				return c.Low, c.High, true
			}
		}
	}
	ofLow, ofHigh, one := s.value(of, q.Metric)
	againstLow, againstHigh, two := s.value(against, q.Metric)
	if !one || !two || againstHigh <= 0 {
		return 0, 0, false
	}
	high = math.Inf(1)
	if againstLow > 0 {
		high = ofHigh / againstLow
	}
	return ofLow / againstHigh, high, true
}

// value is the interval of one figure.
func (s Summary) value(cell result.Cell, name string) (low, high float64, known bool) {
	for _, c := range s.analysis.Cells {
		v, ok := c.Metrics[name]
		if c.ID.Key() != cell.Key() || !ok || v.N < 2 || v.TooFew {
			continue
		}
		low, high = v.Low, v.High
		if v.AtLeast || v.LowerBound {
			high = math.Inf(1)
		}
		if v.UpperBound {
			low = 0
		}
		return low, high, true
	}
	return 0, 0, false
}

// wanted are the metrics that the claims ask for, by experiment.
func (c claims) wanted(into map[string][]string) {
	for _, claim := range c.Claims {
		name := strings.TrimSuffix(claim.Experiment, Designs)
		if !slices.Contains(into[name], claim.Metric) {
			into[name] = append(into[name], claim.Metric)
		}
	}
}
