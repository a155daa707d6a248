package cmd

import (
	"github.com/spf13/cobra"

	"socketbench/experiments/host"
)

// supervise is the process above a server in another language. It is started by other subcommands,
// never by hand.
func (a *app) supervise() *cobra.Command {
	return &cobra.Command{
		Use:    host.SuperviseCommand,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			in, out, err := host.Stdio()
			if err != nil {
				return err
			}
			return host.Supervise(c.Context(), in, out)
		},
	}
}
