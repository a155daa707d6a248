package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"socketbench/experiments/report"
	"socketbench/experiments/report/sidebyside"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

func (a *app) code() *cobra.Command {
	var o sidebyside.TextOptions
	var dir, results string
	c := &cobra.Command{
		Use:   "code A [B]",
		Short: "show two designs side by side",
		Long: `Code shows two designs side by side: their essays, then their code, region by region. Equal lines are
folded; in the others the words that differ are marked. Code that a design shares with others is shown
where it is used, and where two designs differ only in whose code they call, that code is open. A program in
Python stands beside a design in Go region by region. With one name, that design is shown alone.

Without a terminal the output is plain text, one design above the other unless --width is given. With
--html, one page is written that shows each design beside the one it grew from, and the two that are
named. With --results, each region also shows what a run measured of it.`,
		Example: `  socketbench code goroutine pool
  socketbench code poll epoll
  socketbench code python-select select
  socketbench code deadline
  socketbench code epoll poll --full --width 217 | less -S
  socketbench code sequential goroutine --results results/20261122-213045-quick
  socketbench code --html /tmp/designs`,
		Args: func(_ *cobra.Command, names []string) error {
			if len(names) > 2 || len(names) == 0 && dir == "" {
				return fmt.Errorf("%s given; write one, or two to compare, of those of socketbench list servers", were(len(names), "name"))
			}
			return nil
		},
		ValidArgsFunction: a.completeServers(2),
		RunE: func(c *cobra.Command, args []string) error {
			facts, err := a.measured(results)
			if err != nil {
				return err
			}
			if dir != "" {
				return a.codePage(dir, args, facts)
			}
			view, err := a.view(args, facts)
			if err != nil {
				return err
			}
			width, color := terminal(a.stdout)
			if !c.Flags().Changed("width") {
				o.Width = width
			}
			o.Color = color
			return sidebyside.WriteText(a.stdout, view, o)
		},
	}
	c.Flags().StringVar(&dir, "html", "", "write a page to `DIR`/index.html: each design beside the one it grew from, and the named ones")
	c.Flags().StringVar(&results, "results", "", "also show what the run in `DIR` measured")
	c.MarkFlagDirname("results")
	c.Flags().BoolVar(&o.Full, "full", false, "show equal lines too")
	c.Flags().IntVar(&o.Width, "width", 0, fmt.Sprintf(
		"columns to use; from %d the designs stand side by side, from %d no line is broken (default: the terminal's)",
		sidebyside.BesideWidth, sidebyside.FullWidth))
	return c
}

// measured is what the run in dir found about each design; nothing if no run is named.
func (a *app) measured(dir string) (sidebyside.Facts, error) {
	if dir == "" {
		return nil, nil
	}
	run, err := result.Load(dir)
	if err != nil {
		return nil, err
	}
	analysis, err := verdict.Judge(run)
	if err != nil {
		return nil, err
	}
	return report.Measured(analysis, a.registry), nil
}

// view compares the two designs named, or shows the one.
func (a *app) view(names []string, facts sidebyside.Facts) (sidebyside.View, error) {
	var entries []servers.Entry
	for _, name := range names {
		e, err := a.find(name)
		if err != nil {
			return sidebyside.View{}, err
		}
		entries = append(entries, e)
	}
	if len(entries) == 1 {
		return sidebyside.Alone(entries[0], facts)
	}
	return sidebyside.Compare(entries[0], entries[1], facts)
}

// codePage writes the page of all designs, opened with those named.
func (a *app) codePage(dir string, names []string, facts sidebyside.Facts) (err error) {
	for _, name := range names {
		if _, err := a.find(name); err != nil {
			return err
		}
	}
	var pairs []sidebyside.Pair
	switch len(names) {
	case 1:
		pairs = append(pairs, sidebyside.Pair{B: names[0]})
	case 2:
		pairs = append(pairs, sidebyside.Pair{A: names[0], B: names[1]})
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("code: %w; choose another directory with --html", err)
	}
	file := filepath.Join(dir, "index.html")
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("code: %w; choose another directory with --html", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := sidebyside.WritePage(f, a.registry, facts, pairs...); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout, file)
	return nil
}

// find returns the entry of that name, even if this platform cannot run it, because its code can be read.
func (a *app) find(name string) (servers.Entry, error) {
	for _, e := range a.registry {
		if e.Name == name {
			return e, nil
		}
	}
	return a.registry.Lookup(name)
}
