package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"socketbench/experiments/spec"
)

func (a *app) schema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "the JSON schema of experiment files, for editors",
		Long: `Schema prints the JSON schema of experiment files. With the YAML language server, a file that begins with
  # yaml-language-server: $schema=experiment.schema.json
is then completed and checked as you type.`,
		Example: "  socketbench schema > experiment.schema.json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := spec.Schema(a.registry)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.stdout, string(text))
			return err
		},
	}
}
