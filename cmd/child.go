package cmd

import (
	"os"

	"github.com/spf13/cobra"

	"socketbench/experiments/host"
)

// child is what a measured server's process runs. It is started by other subcommands, never by hand.
func (a *app) child() *cobra.Command {
	return &cobra.Command{
		Use:    host.ChildCommand,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			in, out, err := host.Stdio()
			if err != nil {
				return err
			}
			over := make(chan error, 1)
			go func() { over <- host.Child(a.registry, in, out) }()
			select {
			case err := <-over:
				return err
			case <-c.Context().Done():
				os.Exit(exitNo) // asked to end from outside: a server that hangs must not keep it
				return nil
			}
		},
	}
}
