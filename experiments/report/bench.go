package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/perf/benchfmt"

	"socketbench/experiments/metric"
	"socketbench/experiments/quote"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/servers/foreign"
)

// benchUnits are the units as benchstat reads them from the end of a metric's name.
var benchUnits = map[string]string{"ns": "ns", "bytes": "B", "requests/s": "req/s", "bytes/s": "B/s", "count": "n", "ratio": "ratio", "share": "share", "CPUs": "cpus"}

// writeBench writes the Go benchmark format: a line for each valid trial. The varied fields are part of the benchmark's
// name, so that benchstat groups and compares by them.
func writeBench(w io.Writer, p page, in Input) error {
	out := benchfmt.NewWriter(w)
	m := in.Run.Manifest
	config := []benchfmt.Config{}
	for _, c := range [][2]string{{"goos", m.Host.OS}, {"goarch", m.Host.Arch}, {"pkg", "socketbench"}, {"cpu", m.Host.CPUModel},
		{"experiment", p.Experiment}, {"placement", m.Placement}, {"server-cpus", cpusOfAll(in)}} {
		if c[1] != "" {
			config = append(config, benchfmt.Config{Key: c[0], Value: []byte(c[1]), File: true})
		}
	}
	// The seed is a comment, which benchstat skips: as a setting it would keep benchstat from comparing two runs.
	if _, err := fmt.Fprintf(w, "# seed %d\n", m.Seed); err != nil {
		return err
	}
	for _, u := range m.Unasked {
		if _, err := fmt.Fprintf(w, "# %s was not asked: %s\n", benchName(p.Experiment, u.Cell), strings.Join(strings.Fields(u.Why), " ")); err != nil {
			return err
		}
	}
	for _, name := range in.Analysis.Experiment.Commands.Names() {
		if _, err := fmt.Fprintf(w, "# %s is run by %s\n", name, quote.Text(foreign.ShellLine(in.Analysis.Experiment.Commands[name]))); err != nil {
			return err
		}
	}
	for _, c := range in.Analysis.Cells {
		if c.Trials > 0 || c.NotAsked != "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "# %s: no valid trial%s\n", benchName(p.Experiment, c.ID), whyInvalid(in.Analysis.Invalid, c.ID)); err != nil {
			return err
		}
	}
	for _, c := range in.Analysis.Cells {
		for _, mark := range slices.Concat(c.Marks(metric.CPUPerRequest), c.Marks(metric.LatencyP99)) {
			if _, err := fmt.Fprintf(w, "# %s: %s\n", benchName(p.Experiment, c.ID), mark); err != nil {
				return err
			}
		}
	}
	for _, name := range benchMetrics(in.Run.Trials) {
		if b := better(name); b != 0 {
			value := map[int]string{-1: "lower", 1: "higher"}[b]
			if err := out.Write(&benchfmt.UnitMetadata{UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: benchUnit(name), Key: "better"}, OrigUnit: benchUnit(name), Value: value}); err != nil {
				return err
			}
		}
	}
	for _, t := range in.Run.Trials {
		if !t.Counts() || t.Label == result.LabelSecond {
			continue
		}
		line := &benchfmt.Result{Config: config, Name: benchfmt.Name(benchName(p.Experiment, t.Cell)), Iters: max(int(t.Metrics[metric.Completed]), 1)}
		for _, name := range metricsOf(t) {
			if name == metric.Completed {
				continue
			}
			line.Values = append(line.Values, benchfmt.Value{Value: t.Metrics[name], Unit: benchUnit(name)})
		}
		if len(line.Values) == 0 {
			continue
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// cpusOfAll is how many CPUs the servers had; "" where they did not all have as many, or nobody knows.
func cpusOfAll(in Input) string {
	n := 0
	for i, c := range in.Analysis.Cells {
		cpus := verdict.ServerCPUs(in.Run.Manifest, c.ID)
		if i > 0 && cpus != n {
			return ""
		}
		n = cpus
	}
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// whyInvalid is why the first trial of a cell does not count, as the end of a sentence.
func whyInvalid(list []verdict.Problem, c result.Cell) string {
	for _, p := range list {
		if p.Cell.Key() == c.Key() {
			return ": " + quote.Text(strings.Join(p.Reasons, "; "))
		}
	}
	return ""
}

func benchMetrics(trials []result.Trial) []string {
	seen := map[string]bool{}
	for _, t := range trials {
		for name := range t.Metrics {
			seen[name] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// benchUnit is the metric's name followed by its unit: "latency.p99-ns".
func benchUnit(metric string) string { return metric + "-" + benchUnits[unitOf(metric)] }

// benchName is the benchmark's name: "Quick/server=epoll/load.mute=8".
func benchName(experiment string, c result.Cell) string {
	var b strings.Builder
	b.WriteString(strings.ToUpper(experiment[:min(1, len(experiment))]) + experiment[min(1, len(experiment)):])
	fmt.Fprintf(&b, "/server=%s", benchWord(c.Server()))
	for _, f := range slices.Sorted(maps.Keys(c.Without("server"))) {
		fmt.Fprintf(&b, "/%s=%s", f, benchWord(raw(c[f])))
	}
	return b.String()
}

// benchWord writes a value as one word that differs from the word of every other value. A blank becomes an underscore.
// A character that has a meaning in the format, or cannot be printed, is written as its bytes in hexadecimal, as in a
// URL: %2F. So is an underscore in a command, where it could be taken for a blank, and a last hyphen before a number,
// which would be read as GOMAXPROCS. A command is told from a design by a blank or a brace.
func benchWord(s string) string {
	var b strings.Builder
	command := strings.ContainsAny(s, " {")
	number := strings.LastIndexByte(s, '-')
	if number >= 0 && strings.Trim(s[number+1:], "0123456789") != "" {
		number = -1
	}
	for i, n := 0, 0; i < len(s); i += n {
		var r rune
		r, n = utf8.DecodeRuneInString(s[i:])
		switch {
		case r == ' ':
			b.WriteByte('_')
		case strings.ContainsRune("/=%", r), command && r == '_', i == number, r == utf8.RuneError && n == 1, !unicode.IsPrint(r):
			for _, c := range []byte(s[i : i+n]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// raw writes the value of a field as the results store it.
func raw(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}
