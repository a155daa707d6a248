package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"socketbench/experiments/report"
	"socketbench/experiments/spec"
)

// schemas are the documents whose form can be printed.
var schemas = []string{"experiment", "report", "compare"}

func (a *app) schema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [experiment | report | compare]",
		Short: "print the JSON schema of experiment files, for editors, or of the output of --format json",
		Long: `Schema prints the JSON schema of experiment files. With the YAML language server, a file that begins with
  # yaml-language-server: $schema=experiment.schema.json
is then completed and checked as you type.

With "report" or "compare" it prints the schema of that command's JSON output, with a description of each key.`,
		Example: `  socketbench schema > experiment.schema.json
  socketbench schema report`,
		Args:      arguments(0, 1),
		ValidArgs: schemas,
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := a.schemaOf(append(args, schemas[0])[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.stdout, string(text))
			return err
		},
	}
}

func (a *app) schemaOf(document string) ([]byte, error) {
	if document == schemas[0] {
		return spec.Schema(a.registry)
	}
	return report.Schema(document)
}
