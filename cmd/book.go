package cmd

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"socketbench/experiments/book"
	"socketbench/experiments/watch"
)

func (a *app) book() *cobra.Command {
	var results string
	c := &cobra.Command{
		Use:   "book DIR",
		Short: "write the course as pages that need no network",
		Long: `Book writes the course as one folder of pages: a page for each lesson, where you first say of each client
whether it is answered and about when, and then play the scene, which marks your guesses; a page for each
design; pairs of designs side by side; Python's socket calls beside Go's; and a glossary. The lessons are in
English and in Chinese. The pages need no server and no network: open DIR/index.html, also from a memory stick.

The scenes are played on this machine while the book is written, which takes some seconds. DIR is a new
folder, an empty one, or a book, which is replaced when the new one is complete. With --results, the
pages also show what a run measured of each design.`,
		Example: "  socketbench book /tmp/book\n  socketbench book /tmp/book --results results/20261122-213045-quick",
		Args:    arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			facts, err := a.measured(results)
			if err != nil {
				return err
			}
			b := book.Book{Entries: a.registry, Facts: facts, Play: a.playScene}
			if results != "" {
				b.Run = filepath.Base(filepath.Clean(results))
			}
			if err := b.Write(c.Context(), args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.stdout, filepath.Join(args[0], "index.html"))
			return err
		},
	}
	c.Flags().StringVar(&results, "results", "", "also show what the run in `DIR` measured")
	c.MarkFlagDirname("results")
	return c
}

// playScene plays a scene to servers without showing it.
func (a *app) playScene(ctx context.Context, scene string, names []string) ([]watch.Performance, error) {
	w, err := a.newWatching(append([]string{scene}, names...), nil)
	if err != nil {
		return nil, err
	}
	err = w.perform(ctx, true)
	return w.seen, err
}
