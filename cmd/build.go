package cmd

import (
	"fmt"
	"slices"
	"time"

	"socketbench/experiments/plan"
)

// buildSilence is how long a build may take before it is said that one goes on.
const buildSilence = time.Second

// build makes the programs of those registered servers that must be built, before anything is started or written. If one
// was built before, that takes a moment.
func (a *app) build(names ...string) error {
	for _, e := range a.registry {
		if e.Build == nil || !slices.Contains(names, e.Name) {
			continue
		}
		said := time.AfterFunc(buildSilence, func() {
			fmt.Fprintf(a.stderr, "building %s, which takes a while the first time\n", e.Name)
		})
		err := e.Build()
		said.Stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// buildPlanned makes the programs of the servers of a plan.
func (a *app) buildPlanned(p plan.Plan) error {
	var names []string
	for _, t := range p.Trials {
		names = append(names, p.Cells[t.Cell].Server)
	}
	return a.build(names...)
}
