package cmd

import (
	"github.com/spf13/cobra"

	"socketbench/experiments/load"
)

// generate is the load generator in a process of its own; other subcommands start it.
func (a *app) generate() *cobra.Command {
	return &cobra.Command{
		Use:    "generate",
		Short:  "play the load that standard input orders",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, args []string) error {
			return load.Main(c.Context(), a.stdin, a.stdout)
		},
	}
}
