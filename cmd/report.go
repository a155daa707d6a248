package cmd

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"socketbench/experiments/quote"
	"socketbench/experiments/report"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

func (a *app) report() *cobra.Command {
	var format, out string
	var gate gateFlags
	c := &cobra.Command{
		Use:   "report DIR",
		Short: "report what a run found, as a page, as text, for a pull request or for benchstat",
		Long: `Report judges a stored run again and writes what can be concluded from it. Without --format it prints the
report and rewrites the files in DIR: report.html, report.md, results.csv and bench.txt. For a directory of
several runs, such as results, it lists the runs with their verdicts and writes an index.html with links to
their reports. The format json is one document with everything that the text says and the figures behind it;
it always has all keys, and unknown values are null.

` + gateHelp,
		Example: `  socketbench report results/20261122-213045-quick
  socketbench report results/20261122-213045-quick --format md | gh pr comment --body-file -
  socketbench report results/20261122-213045-quick --format html -o quick.html
  socketbench report results/20261122-213045-quick --fail-on 'latency.p99<200ms' --fail-on refuted
  socketbench report results`,
		Args: arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.writeReport(args[0], format, out, gate)
		},
	}
	c.Flags().StringVar(&format, "format", "", "text, html, md, csv, bench or json")
	gate.add(c, "'latency.p99<200ms'")
	c.Flags().StringVarP(&out, "output", "o", "", "write to `FILE` instead of stdout")
	c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(report.Names(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (a *app) writeReport(dir, format, out string, flags gateFlags) error {
	bounds, err := flags.bounds("report")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := os.Stat(dir); err == nil && !report.IsRun(dir) {
		if len(bounds) > 0 {
			return fmt.Errorf("report: --fail-on needs one run, and %s is not the directory of one; name a run below it", dir)
		}
		list, err := report.List(dir)
		if err != nil {
			return err
		}
		if list.Whole {
			list.Published = asPublished(dir, list.Runs...)
		}
		if format == "" && out == "" {
			page := filepath.Join(dir, "index.html")
			if err := report.WriteIndex("html", &b, list, 0, nil, dir); err != nil {
				return err
			}
			if err := a.deliver(b.Bytes(), page); err != nil {
				fmt.Fprintln(a.stderr, quote.Error(err)) // the list is printed anyway
			} else {
				fmt.Fprintln(a.stderr, quote.Text(page))
			}
			b.Reset()
		}
		columns, paint := a.columns(), a.paint()
		if out != "" {
			columns, paint = 80, nil
		}
		if err := report.WriteIndex(formatOf(format, out), &b, list, columns, paint, filepath.Dir(out)); err != nil {
			return err
		}
		return a.deliver(b.Bytes(), out)
	}
	run, err := result.Load(dir)
	if err != nil {
		return err
	}
	analysis, err := verdict.Judge(run)
	if err != nil {
		return err
	}
	in := a.reportInput(run, analysis)
	if len(bounds) > 0 {
		gate, err := analysis.Gate(bounds)
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		in.Gate = &gate
	}
	if format == "" && out == "" {
		if err := a.conclude(run, analysis); err != nil {
			return err
		}
		if len(run.Trials) == 0 {
			return &doesNotHold{} // the report says so
		}
		return a.concludeGate("report", in.Gate, flags, a.stdout)
	}
	format = formatOf(format, out)
	if out != "" {
		in.Width, in.Paint = 0, nil
	}
	if err := report.Write(format, &b, in); err != nil {
		return err
	}
	if err := a.deliver(b.Bytes(), out); err != nil {
		return err
	}
	return a.concludeGate("report", in.Gate, flags, a.stderr)
}

// concludeGate writes what became of the bounds of a run and returns the gate's error; nil if no bound was set or all hold.
func (a *app) concludeGate(command string, gate *verdict.Gate, flags gateFlags, w io.Writer) error {
	if gate == nil {
		return nil
	}
	if _, err := io.WriteString(w, "\n"+report.GateText(*gate)); err != nil {
		return err
	}
	return flags.outcome(command, *gate)
}

// formatOf is the format asked for, else the one that the file's name ends in, else text.
func formatOf(format, file string) string {
	switch {
	case format != "":
		return format
	case filepath.Ext(file) == ".html", filepath.Ext(file) == ".md", filepath.Ext(file) == ".csv", filepath.Ext(file) == ".json":
		return filepath.Ext(file)[1:]
	}
	return "text"
}

// reportInput fits a report to the terminal.
func (a *app) reportInput(run result.Run, analysis verdict.Analysis) report.Input {
	return report.Input{Run: run, Analysis: analysis, Registry: a.registry, Width: a.columns(), Paint: a.paint()}
}

// deliver writes a result to stdout or to a file.
func (a *app) deliver(b []byte, file string) error {
	if file == "" {
		_, err := a.stdout.Write(b)
		return err
	}
	if err := os.WriteFile(file, b, 0o644); err != nil {
		return fmt.Errorf("report: %w; name a file that can be written with -o", err)
	}
	return nil
}

// columns is the width of a report: that of the terminal, within bounds that can be read.
func (a *app) columns() int {
	columns, _ := terminal(a.stdout)
	if columns == 0 {
		return 80
	}
	return min(max(columns, 40), 120)
}

// paint colours the words of a report on a terminal that shows colours.
func (a *app) paint() report.Paint {
	if _, color := terminal(a.stdout); !color {
		return nil
	}
	codes := map[string]string{"title": "1", "soft": "2", "good": "32", "bad": "31;1", "doubt": "33",
		"blocking": "38;5;166", "goroutines": "38;5;33", "pools": "38;5;178", "polling": "38;5;133", "readiness": "38;5;36",
		"completion": "38;5;74", "processes": "38;5;140", "datagrams": "38;5;100", "libraries": "38;5;245", "other": "38;5;245"}
	return func(class, s string) string {
		if code := codes[class]; code != "" && s != "" {
			return "\x1b[" + code + "m" + s + "\x1b[0m"
		}
		return s
	}
}
