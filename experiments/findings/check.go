package findings

import (
	"fmt"
	"os"
	"path/filepath"

	"socketbench/experiments/report"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// What is written, below the root of the repository.
var (
	pageFile   = filepath.Join("experiments", "FINDINGS.md")
	readmeFile = "README.md"
)

// kept is what stands in experiments/findings.
type kept struct {
	classes []Class
	why     reasons
	claims  claims
}

func load(root string) (k kept, err error) {
	dir := os.DirFS(filepath.Join(root, "experiments", "findings"))
	if k.classes, err = Load(dir); err != nil {
		return k, err
	}
	if len(k.classes) == 0 {
		return k, fmt.Errorf("findings: no summaries are kept; go run ./.ci/bars findings keep CLASS RESULTS keeps some")
	}
	if k.why, err = loadReasons(dir); err != nil {
		return k, err
	}
	k.claims, err = loadClaims(dir)
	return k, err
}

// pages are the files that the summaries give, by their names below root.
func (k kept) pages(root string, registry servers.Registry) (map[string]string, error) {
	old, err := os.ReadFile(filepath.Join(root, readmeFile))
	if err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	var machines []report.Machine
	for _, c := range k.classes {
		m := report.Machine{Name: c.Name, Runs: map[string]verdict.Analysis{}}
		for _, s := range c.Summaries {
			m.Runs[s.file] = s.analysis
		}
		machines = append(machines, m)
	}
	readme, err := report.Readme(string(old), machines, registry)
	if err != nil {
		return nil, err
	}
	return map[string]string{pageFile: Page(k.classes, k.why, registry), readmeFile: readme}, nil
}

// Write writes FINDINGS.md and the measured regions of README.md below root.
func Write(root string, registry servers.Registry) error {
	k, err := load(root)
	if err != nil {
		return err
	}
	pages, err := k.pages(root, registry)
	if err != nil {
		return err
	}
	for file, text := range pages {
		if err := os.WriteFile(filepath.Join(root, file), []byte(text), 0o644); err != nil {
			return fmt.Errorf("findings: %w", err)
		}
	}
	return nil
}

// Check lists what does not fit the summaries: a written page that differs from them, a word that turned without a
// reason, and a sentence that they contradict or that nobody has named the measurement of.
func Check(root string, registry servers.Registry) (problems []string, err error) {
	k, err := load(root)
	if err != nil {
		return nil, err
	}
	pages, err := k.pages(root, registry)
	if err != nil {
		return nil, err
	}
	for _, file := range []string{pageFile, readmeFile} {
		text, err := os.ReadFile(filepath.Join(root, file))
		if err != nil && !os.IsNotExist(err) {
			return nil, fmt.Errorf("findings: %w", err)
		}
		if string(text) != pages[file] {
			problems = append(problems, file+" is not what the summaries give; go run ./.ci/bars findings write")
		}
	}
	problems = append(problems, unexplained(turns(k.classes, k.why), k.why)...)
	contradicted, err := k.claims.check(root, k.classes)
	return append(problems, contradicted...), err
}

// Wanted are the metrics that README and the claims ask for, by experiment.
func Wanted(root string) (map[string][]string, error) {
	wanted := map[string][]string{}
	for _, c := range report.Choices {
		wanted[c.Experiment] = append(wanted[c.Experiment], c.Metric)
	}
	c, err := loadClaims(os.DirFS(filepath.Join(root, "experiments", "findings")))
	c.wanted(wanted)
	return wanted, err
}
