package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"socketbench/experiments/report"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// readme updates the measured figures of a README.
func (b *bars) readme() *cobra.Command {
	return &cobra.Command{
		Use:   "readme RESULTS README.md",
		Short: "update the measured figures of a README from stored results",
		Long: `Readme rewrites "which should I use" and the last column of the table of designs, each from the newest run of
its experiment in RESULTS.`,
		Example: "  go run ./.ci/bars readme results README.md",
		Args:    cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			past, err := report.List(args[0], func(r result.Run) (verdict.Analysis, error) { return verdict.Judge(r, b.registry) })
			if err != nil {
				return err
			}
			old, err := os.ReadFile(args[1])
			if err != nil {
				return fmt.Errorf("readme: %w; give the path of the file to update", err)
			}
			text, err := report.Readme(string(old), past.Runs, b.registry)
			if err != nil {
				return err
			}
			return os.WriteFile(args[1], []byte(text), 0o644)
		},
	}
}
