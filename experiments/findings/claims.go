package findings

import (
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"socketbench/experiments/catalog"
	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
	"socketbench/servers"
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
			at := result.Cell(maps.Clone(condition))
			at["server"] = id.Server()
			found = found || at.Key() == id.Key()
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
			base := result.Cell(maps.Clone(f.Condition))
			base["server"] = f.Baseline
			if f.Metric == q.Metric && c.Ratio > 0 && c.Of.Key() == of.Key() && base.Key() == against.Key() {
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

// essays are the texts whose sentences are checked, in one line each: what a file of servers/ says before its package
// clause, what README says outside code and measured regions, and what an experiment teaches.
func essays(root string) (map[string]string, error) {
	texts := map[string]string{}
	found, err := filepath.Glob(filepath.Join(root, "servers", "*.go"))
	if err != nil {
		return nil, err
	}
	for _, path := range found {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("findings: %w", err)
		}
		texts["servers/"+filepath.Base(path)] = essay(string(b))
	}
	b, err := os.ReadFile(filepath.Join(root, readmeFile))
	if err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	texts[readmeFile] = prose(string(b))
	for _, name := range catalog.Names() {
		e, err := catalog.Get(name, nil)
		if err != nil {
			return nil, err
		}
		texts["experiments/catalog/"+name+".yaml"] = plain(e.Teaches)
	}
	return texts, nil
}

// essay is the comment at the top of a Go file, without what is indented in it, such as tables.
func essay(source string) string {
	var words []string
	for line := range strings.Lines(source) {
		text, comment := strings.CutPrefix(strings.TrimSpace(line), "//")
		if !comment && strings.TrimSpace(line) != "" {
			break
		}
		if !strings.HasPrefix(text, "\t") {
			words = append(words, text)
		}
		if strings.TrimSpace(text) == "" {
			words = append(words, paragraph)
		}
	}
	return plain(strings.Join(words, " "))
}

// paragraph stands between two paragraphs of a text that is one line.
const paragraph = "¶"

// prose is what a Markdown file says outside code blocks, tables and the regions that are written from summaries.
func prose(markdown string) string {
	for _, region := range []string{"choices", "designs"} {
		head, rest, _ := strings.Cut(markdown, "<!-- "+region+" -->")
		_, tail, _ := strings.Cut(rest, "<!-- /"+region+" -->")
		markdown = head + tail
	}
	var words []string
	code := false
	for line := range strings.Lines(markdown) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			code = !code
			continue
		}
		switch {
		case code, strings.HasPrefix(line, "|"):
		case line == "", strings.HasPrefix(line, "#"), strings.HasPrefix(line, "!["):
			words = append(words, paragraph)
		case strings.HasPrefix(line, "- "):
			words = append(words, paragraph, strings.TrimPrefix(line, "- "))
		default:
			words = append(words, line)
		}
	}
	return plain(strings.Join(words, " "))
}

// plain is a text in one line.
func plain(s string) string { return strings.Join(strings.Fields(s), " ") }

// sentences splits a text in one line.
func sentences(text string) (list []string) {
	for part := range strings.SplitSeq(text, paragraph) {
		from := 0
		for _, at := range ends().FindAllStringIndex(part, -1) {
			list = append(list, strings.TrimSpace(part[from:at[0]+1]))
			from = at[0] + 1
		}
		if rest := strings.TrimSpace(part[from:]); rest != "" {
			list = append(list, rest)
		}
	}
	return list
}

// ends matches the end of a sentence, or of a part of one, and the space after it.
var ends = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("[.?!:;] ") })

// measured matches what looks like a measurement or a comparison of two.
var measured = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(twice|thrice|half|(two )?thirds?|quarters?|fifths?|tenth|\w+fold)\b|\d+(\.\d+)? ?(x|%|µs|ns|ms|[KMG]i?B|bytes)(\W|$)|` +
		`\b(micro|milli)seconds?\b|\b(a|one|two|three|four|five|ten|several|hundreds of|many) times\b|` +
		`\b(faster|slower|cheaper|costlier)\b|\bas (fast|slow|cheap|expensive|much|little) as\b|\bas much (CPU|memory)\b|` +
		`\b(more|less|fewer) (CPU|memory|than)\b|\b(costs?|takes?|saves?) (more|less|most|least)\b|\d+ of (every )?\d+\b`)
})

// aDesign matches what says something of a design. Most of README is about the workbench; an essay is about a design
// throughout.
var aDesign = sync.OnceValue(func() *regexp.Regexp {
	names := strings.Join(servers.All().Names(), "|")
	return regexp.MustCompile(`(?i)\b(` + names + `|designs?|servers?|connections?|event loops?|reactors?|workers?|threads?|wake-ups?|comparisons)\b`)
})
