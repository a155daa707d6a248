package cmd

import (
	"github.com/spf13/cobra"

	"socketbench/experiments/spec"
	"socketbench/servers/upper"
)

// framingFlag adds --framing to a command that speaks to a server, and returns where the flag is kept. The flag is the
// field config.framing of an experiment, so that it takes the same words as in a file.
func framingFlag(c *cobra.Command) *upper.Framing {
	e := new(spec.Experiment)
	for _, f := range spec.Flags(e, "config", "framing") {
		c.Flags().Var(f, f.Name(), f.Usage())
	}
	return &e.Config.Protocol.Framing
}
