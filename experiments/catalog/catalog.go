// Package catalog holds the built-in experiments, one YAML file each. Adding one is adding a file.
//
// An experiment asks the same question on every machine. So its loads are shares of what the machine carries
// (load.utilization), and its predictions compare two cells. A number of requests a second or of milliseconds stands in a
// file only where a mechanism fixes it, such as the wait of a handler, and then the tests of this package have the reason.
// All experiments together take at most 45 minutes on 2 CPUs: between processes figures scatter more than within a window,
// so many short trials tell more than few long ones.
package catalog

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"socketbench/experiments/spec"
	"socketbench/servers"
	"socketbench/servers/suggest"
)

//go:embed *.yaml
var files embed.FS

// teaching lists the experiments in the order in which they are best read; files that are not in it
// follow in alphabetical order.
var teaching = []string{"quick", "latency", "concurrency", "idle-mass", "head-of-line", "starvation", "service"}

// Names returns the experiments, the first seven in teaching order.
func Names() []string {
	found, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil // the pattern is constant and right
	}
	var rest []string
	for _, f := range found {
		if name := strings.TrimSuffix(path.Base(f), ".yaml"); !slices.Contains(teaching, name) {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	names := slices.DeleteFunc(slices.Clone(teaching), func(n string) bool { return !slices.Contains(found, n+".yaml") })
	return append(names, rest...)
}

// Has reports whether there is an experiment of this name.
func Has(name string) bool { return slices.Contains(Names(), name) }

// Source returns the file of an experiment.
func Source(name string) ([]byte, error) {
	src, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("catalog: no experiment %q%s (socketbench list experiments)", name, suggest.DidYouMean(name, Names()))
	}
	return src, nil
}

// Get parses an experiment. registry and set are those of spec.Parse.
func Get(name string, registry servers.Registry, set ...spec.Change) (spec.Experiment, error) {
	src, err := Source(name)
	if err != nil {
		return spec.Experiment{}, err
	}
	return spec.Parse(name+".yaml", src, registry, set...)
}
