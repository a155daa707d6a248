package report

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/perf/benchfmt"

	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

func written(t testing.TB, format string, in Input) string {
	var b bytes.Buffer
	require.NoError(t, Write(format, &b, in))
	return b.String()
}

func TestTextKeepsItsWidth(t *testing.T) {
	for _, width := range []int{40, 80, 120} {
		in := quick(t)
		in.Width = width
		for line := range strings.Lines(written(t, "text", in)) {
			if strings.HasPrefix(line, "to repeat it: ") { // it is not broken, so that it can be copied
				continue
			}
			require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), width, line)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	err := Write("pdf", new(bytes.Buffer), quick(t))
	require.EqualError(t, err, `report: no format "pdf"; there are text, html, md, csv, bench, json`)
}

// The page refers to no other file or host, and is small enough to be sent by mail.
func TestPageStandsAlone(t *testing.T) {
	in := quick(t)
	in.WithoutCode = false
	page := written(t, "html", in)
	require.Less(t, len(page), 2<<20)
	for _, reference := range regexp.MustCompile(`(?:src|href|url|@import)\s*[=(]\s*["']?([^"')\s>]+)`).FindAllStringSubmatch(page, -1) {
		require.Regexp(t, `^(#|data:)`, reference[1], reference[0])
	}
	ids := map[string]bool{}
	for _, id := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		require.False(t, ids[id[1]], "id %q twice", id[1])
		ids[id[1]] = true
	}
	for _, link := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		require.True(t, ids[link[1]] || strings.Contains(link[1], ".."), "a link to #%s, which is not there", link[1])
	}
}

// The name of a server, and what a server wrote, are never read as markup.
func TestWordsAreNotMarkup(t *testing.T) {
	const evil = `'./mine <script>alert(1)</script> | x {port}'`
	in := quick(t)
	for i := range in.Run.Trials {
		if in.Run.Trials[i].Cell.Server() == "epoll" {
			in.Run.Trials[i].Cell["server"] = evil
		}
	}
	for i := range in.Analysis.Cells {
		if in.Analysis.Cells[i].ID.Server() == "epoll" {
			in.Analysis.Cells[i].ID["server"] = evil
		}
	}
	for _, p := range [][]verdict.Problem{in.Analysis.Invalid, in.Analysis.Warnings} {
		for i := range p {
			p[i].Reasons = append(p[i].Reasons, evil)
		}
	}
	require.NotContains(t, written(t, "html", in), "<script>alert")
	require.NotContains(t, written(t, "md", in), "<script>")
	rows, err := csv.NewReader(strings.NewReader(written(t, "csv", in))).ReadAll()
	require.NoError(t, err)
	require.Greater(t, len(rows), 1000)
	requireBench(t, written(t, "bench", in))
}

// requireBench reads a file as benchstat does, and returns how many results and units it holds.
func requireBench(t *testing.T, file string) (results, units int) {
	r := benchfmt.NewReader(strings.NewReader(file), "bench.txt")
	for r.Scan() {
		switch line := r.Result().(type) {
		case *benchfmt.SyntaxError:
			require.NoError(t, line)
		case *benchfmt.UnitMetadata:
			units++
		case *benchfmt.Result:
			require.NotEmpty(t, line.Values)
			require.True(t, strings.HasPrefix(string(line.Name), "Quick/"), line.Name)
			results++
		}
	}
	require.NoError(t, r.Err())
	return results, units
}

func TestBenchstatReadsIt(t *testing.T) {
	in := quick(t)
	results, units := requireBench(t, written(t, "bench", in))
	valid := 0
	for _, trial := range in.Run.Trials {
		if trial.Valid && trial.Label == "A" {
			valid++
		}
	}
	require.Equal(t, valid, results)
	require.Greater(t, units, 20)
}

// Every format says what is wrong with a run.
func TestRunsThatWentWrong(t *testing.T) {
	for _, c := range []struct {
		name string
		harm func(*result.Run)
		says string
	}{
		{"nothing measured", func(r *result.Run) { r.Trials, r.Manifest.Finished = nil, time.Time{} }, "Nothing was measured"},
		{"nothing left", func(r *result.Run) { r.Trials = nil }, "none of its trials is in trials.jsonl any more"},
		{"cut off", func(r *result.Run) {
			r.Trials, r.Torn = r.Trials[:5], true
			r.Manifest.Finished = time.Time{}
		}, "The run did not end"},
		{"torn", func(r *result.Run) { r.Torn = true }, "cut off while it was written"},
		{"all invalid", func(r *result.Run) {
			for i := range r.Trials {
				r.Trials[i].Valid, r.Trials[i].Reasons = false, reason.List{{Text: "the generator was late"}}
			}
		}, "are invalid"},
		{"unsteady", func(r *result.Run) {
			for i := range r.Trials {
				if i%3 == 0 {
					r.Trials[i].Valid, r.Trials[i].Reasons = false, reason.List{{Kind: reason.Generator, Text: "the generator was late"}}
				}
			}
		}, "This machine was unsteady"},
		{"no histograms", func(r *result.Run) {
			for i := range r.Trials {
				r.Trials[i].Histogram, r.Trials[i].Samples = "", ""
			}
		}, "waterfall"},
	} {
		t.Run(c.name, func(t *testing.T) {
			run, err := result.Load("testdata/quick")
			require.NoError(t, err)
			c.harm(&run)
			analysis, err := verdict.Judge(run)
			require.NoError(t, err)
			in := Input{Run: run, Analysis: analysis, Registry: registry(), WithoutCode: true}
			for _, f := range Formats {
				written(t, f.Name, in)
			}
			require.Contains(t, written(t, "html", in), c.says)
			if c.name != "no histograms" {
				require.Contains(t, strings.Join(strings.Fields(written(t, "text", in)), " "), c.says)
				require.Contains(t, written(t, "md", in), c.says)
			}
		})
	}
}

// A run without any result can be written in every format.
func TestEmptyInput(t *testing.T) {
	for _, f := range Formats {
		written(t, f.Name, Input{})
	}
}

// A column of words that is wider than the terminal goes on below itself, beside the figures of its row.
func TestWordsInATableAreBroken(t *testing.T) {
	term := newTerminal(Input{Width: 40})
	term.table(table{Columns: []column{{Head: "design", Text: true}, {Head: "runs short of first", Text: true}, {Head: "p99"}},
		Rows: [][]tableCell{{plain("goroutine"), plain("the generator's CPU, 64 % busy: the server may carry more"), plain("3 ms")},
			{plain("服务"), plain("nothing is half used"), plain("4 ms")}}}, false)
	require.Equal(t, `design     runs short of first
goroutine  the generator's CPU, 64 %
           busy: the server may carry
           more
服务       nothing is half used

design      p99
goroutine  3 ms
服务       4 ms
`, strings.ReplaceAll(term.b.String(), "  \n", "\n"))
}
