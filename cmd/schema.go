package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"socketbench/experiments/report"
	"socketbench/experiments/spec"
	"socketbench/experiments/watch"
)

// schemas are the documents whose form can be printed.
var schemas = []string{"experiment", "scene", "report", "compare"}

func (a *app) schema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [experiment | scene | report | compare]",
		Short: "print the JSON schema of experiment or scene files, for editors, or of the output of --format json",
		Long: `Schema prints the JSON schema of experiment files. With the YAML language server, a file that begins with
  # yaml-language-server: $schema=experiment.schema.json
is then completed and checked as you type. "scene" is the schema of the files that watch plays.

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
	switch document {
	case "experiment":
		return spec.Schema(a.registry)
	case "scene":
		return watch.Schema()
	}
	return report.Schema(document)
}
