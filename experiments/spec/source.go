package spec

import (
	"socketbench/experiments/yamlfile"
	"socketbench/servers"
)

// file is what the faults of an experiment file call it.
var file = yamlfile.Kind{One: "experiment", A: "an experiment",
	Needs: "an experiment needs name, question and servers (socketbench list experiments)"}

// Error is one fault of a file.
type Error = yamlfile.Error

// ReadFile is [Parse] of a file, of which no more is read than an experiment may have. The file may call its servers also
// by the names of given; [Experiment.Named] puts their commands into it.
func ReadFile(path string, registry servers.Registry, given Commands, set ...Change) (Experiment, error) {
	src, err := yamlfile.ReadFile(path, file)
	if err != nil {
		return Experiment{}, err
	}
	return parse(path, src, registry, given, set)
}

// reader reads one experiment file.
type reader struct {
	*yamlfile.Reader
	exp Experiment
}

func newReader(name string) *reader { return &reader{Reader: yamlfile.NewReader(name, file)} }
