package findings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"socketbench/experiments/catalog"
)

// Class is a kind of machine with the summaries of what was measured on it.
type Class struct {
	Name      string // of its folder
	About     string // what the machine is: "2 virtual CPUs, an idle host", for a sentence
	Summaries []Summary
}

// classFile says what the machine of a class is.
const classFile = "class.json"

// about is class.json.
type about struct {
	Schema int    `json:"schema"`
	About  string `json:"about"`
}

// Load reads all summaries below dir. It refuses unknown fields, other versions, and what does not fit the experiment
// that a summary holds. Classes stand in the order of their names, summaries in that of the catalogue.
func Load(dir fs.FS) ([]Class, error) {
	return loadThose(dir, func(string) bool { return true })
}

// loadThose is Load of those summaries alone whose files, without .json, are wanted. The others are not looked at.
func loadThose(dir fs.FS, wanted func(name string) bool) (list []Class, err error) {
	found, err := fs.Glob(dir, "*/"+classFile)
	if err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	for _, file := range found {
		c, err := loadClass(dir, path.Dir(file), wanted)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

func loadClass(dir fs.FS, name string, wanted func(string) bool) (Class, error) {
	c := Class{Name: name}
	text, err := fs.ReadFile(dir, path.Join(name, classFile))
	if err != nil {
		return c, fmt.Errorf("findings: %w", err)
	}
	var what about
	if err := strict(text, &what); err != nil {
		return c, fmt.Errorf("findings: %s/%s: %w", name, classFile, err)
	}
	if what.Schema != Schema || what.About == "" {
		return c, fmt.Errorf("findings: %s/%s: it must have schema %d and say in about what the machine is", name, classFile, Schema)
	}
	c.About = what.About
	files, err := fs.Glob(dir, name+"/*.json")
	if err != nil {
		return c, fmt.Errorf("findings: %w", err)
	}
	for _, file := range files {
		of := strings.TrimSuffix(path.Base(file), ".json")
		if path.Base(file) == classFile || !wanted(of) {
			continue
		}
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return c, fmt.Errorf("findings: %w", err)
		}
		s, err := parse(text)
		if err != nil {
			return c, fmt.Errorf("findings: %s: %w", file, err)
		}
		s.file = of
		c.Summaries = append(c.Summaries, s)
	}
	slices.SortStableFunc(c.Summaries, func(a, b Summary) int { return rank(a.Experiment()) - rank(b.Experiment()) })
	return c, nil
}

// rank is the place of an experiment in the catalogue; others follow.
func rank(experiment string) int {
	names := catalog.Names()
	if i := slices.Index(names, experiment); i >= 0 {
		return i
	}
	return len(names)
}

// Of is the summary of an experiment as the catalogue asks it.
func (c Class) Of(experiment string) (Summary, bool) {
	i := slices.IndexFunc(c.Summaries, func(s Summary) bool { return s.file == experiment })
	if i < 0 {
		return Summary{}, false
	}
	return c.Summaries[i], true
}

// Keep writes a summary into the folder of a class below dir. what says what the machine is; it may be "" where the
// class says it already.
func Keep(dir, class, what string, s Summary) (file string, err error) {
	text, err := s.Marshal()
	if err != nil {
		return "", err
	}
	if _, err := parse(text); err != nil {
		return "", fmt.Errorf("findings: %s cannot be kept: %w", s.Experiment(), err)
	}
	folder := filepath.Join(dir, class)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("findings: %w", err)
	}
	described := filepath.Join(folder, classFile)
	if _, err := os.Stat(described); errors.Is(err, fs.ErrNotExist) || what != "" {
		if what == "" {
			return "", fmt.Errorf("findings: %s is a new class; say what its machine is with --about", class)
		}
		words, err := json.MarshalIndent(about{Schema, what}, "", "  ")
		if err == nil {
			err = os.WriteFile(described, append(words, '\n'), 0o644)
		}
		if err != nil {
			return "", fmt.Errorf("findings: %w", err)
		}
	}
	file = filepath.Join(folder, s.name()+".json")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return "", fmt.Errorf("findings: %w", err)
	}
	return file, nil
}

// Designs ends the name of the summary of a run that measured more designs than its experiment in the catalogue.
const Designs = "-designs"

// name is that of the summary's file.
func (s Summary) name() string {
	e, err := catalog.Get(s.Experiment(), nil)
	if err == nil && slices.ContainsFunc(s.analysis.Experiment.Servers, func(server string) bool { return !slices.Contains(e.Servers, server) }) {
		return s.Experiment() + Designs
	}
	return s.Experiment()
}
