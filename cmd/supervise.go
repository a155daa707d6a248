package cmd

import (
	"os"
	"os/signal"
	"syscall"

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
			// Those who end it may say so more than once, a launching thread that ends among them: the second
			// signal must not keep it from ending what it has started.
			signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
			in, out, err := host.Stdio()
			if err != nil {
				return err
			}
			return host.Supervise(c.Context(), in, out)
		},
	}
}
