package report

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/metric"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// spoiled is the fixture after change was applied to every trial.
func spoiled(t testing.TB, change func(t *result.Trial)) Input {
	in := quick(t)
	for i := range in.Run.Trials {
		change(&in.Run.Trials[i])
	}
	var err error
	in.Analysis, err = verdict.Judge(in.Run)
	require.NoError(t, err)
	return in
}

// share sets how much of what was asked for a trial answered.
func share(t *result.Trial, right, wanted float64) {
	t.Raw = map[string]float64{"right": right, "wanted": wanted}
	t.Metrics["answered"], t.Metrics["missing"] = right/wanted, wanted-right-t.Metrics["wrong"]-t.Metrics["lost"]
}

func alone(t *result.Trial) bool { v, _ := verdict.Number(t.Cell["load.mute"]); return v == 0 }

// A server may answer every client once and still hardly any request. Reports say both.
func TestServedIsNotAnswered(t *testing.T) {
	in := spoiled(t, func(t *result.Trial) {
		switch {
		case t.Cell.Server() == "epoll" && alone(t):
			share(t, 162, 2012)
		case t.Metrics["completed"] > 0 && t.Metrics["unserved"] == 0:
			share(t, 1000, 1000)
		}
	})
	for _, format := range []string{"text", "html", "md"} {
		text := written(t, format, in)
		require.Contains(t, text, "8.05 %, 5,550 missing", format)
		require.Contains(t, text, "● 100 %", format)
		require.Contains(t, text, "epoll answered 8.05 % of what was asked for", format)
	}
	requireColumns(t, in)
}

// Six wrong replies in one trial of three do not change a median. Every report names them all the same.
func TestWrongRepliesAreSaid(t *testing.T) {
	in := spoiled(t, func(t *result.Trial) {
		if t.Cell.Server() == "epoll" && alone(t) && t.Block == 1 && t.Label == "A" {
			t.Metrics["wrong"] = 6
		}
		if t.Metrics["completed"] > 0 && t.Metrics["unserved"] == 0 {
			share(t, 1000-t.Metrics["wrong"], 1000)
		}
	})
	for _, format := range []string{"text", "html", "md"} {
		text := written(t, format, in)
		require.Contains(t, text, "epoll alone gave 6 wrong replies (block 2).", format)
		require.Contains(t, text, "6 wrong", format)
		require.NotContains(t, text, "every design served all clients", format)
		require.Less(t, strings.Index(text, "gave 6 wrong replies"), strings.Index(text, "trials"), "%s says it first", format)
	}
	require.Regexp(t, `quick,epoll,0,A,1,\d+,true,answered,share,0.994`, written(t, "csv", in))
	require.Regexp(t, `quick,epoll,0,A,1,\d+,true,wrong,count,6`, written(t, "csv", in))
	requireBench(t, written(t, "bench", in))
	require.Contains(t, written(t, "bench", in), "0.994 answered-share")
}

// Replies that nobody asked for, and a few that were lost, are no service, though every request beside them was answered.
func TestRepliesNobodyAskedForAreSaid(t *testing.T) {
	for name, want := range map[string]struct{ cell, sentence string }{
		metric.Duplicate: {"✗ 100 %, 74 not asked for", "epoll sent replies that nobody asked for"},
		metric.Lost:      {"✗ 100 %, 74 lost", "epoll lost 74 replies"},
	} {
		in := spoiled(t, func(t *result.Trial) {
			if t.Cell.Server() == "epoll" && alone(t) && t.Block == 1 && t.Label == "A" {
				t.Metrics[name] = 74
			}
			if t.Metrics["completed"] > 0 && t.Metrics["unserved"] == 0 {
				share(t, 1000, 1000)
			}
		})
		for _, format := range []string{"text", "html", "md"} {
			text := written(t, format, in)
			require.Contains(t, text, want.cell, format)
			require.Contains(t, strings.Join(strings.Fields(text), " "), want.sentence, format)
		}
	}
}

// Reports begin with the server that died, and with its last words, whose escape sequences are quoted. They do not say
// that the generator distorted its figures.
func TestLastWordsAreSaidFirst(t *testing.T) {
	in := spoiled(t, func(t *result.Trial) {
		t.Valid = false
		t.Fault = reason.Fault{Kind: reason.Died, Detail: "exit status 2"}
		t.Reasons = reason.List{{Kind: reason.Server, Text: "the server died (exit status 2)"}}
		t.Stderr = "listening\npanic: \x1b[2J boom <b>\n\ngoroutine 1 [running]:\nmain.main()\n\tmain.go:3\nexit status 2\n"
	})
	for _, format := range []string{"text", "html", "md"} {
		text := written(t, format, in)
		require.Contains(t, text, "died (exit status 2)", format)
		require.Contains(t, text, "panic: ", format)
		require.NotContains(t, text, "\x1b", format)
		require.NotContains(t, text, "boom <b>\n<", format)
		require.NotContains(t, text, "generator or the machine", format)
		require.Contains(t, text, "✗ died", "in the table too")
		require.Contains(t, text, "None of the 48 trials counts, because the server failed in each of them.", format)
	}
	text := written(t, "text", in)
	require.Contains(t, text, "✗ sequential alone died (exit status 2)")
	require.Contains(t, text, "  its last words:\n  | panic: \\x1b[2J boom <b>\n  | goroutine 1 [running]:\n")
	require.Contains(t, strings.Join(strings.Fields(text), " "), "The same happened under these conditions: beside 1 silent client; beside 8 silent clients.")
}

// A server that died in one trial of three has the figures of two trials, and is not shown as good.
func TestDiedOnceIsSaid(t *testing.T) {
	in := spoiled(t, func(t *result.Trial) {
		if t.Cell.Server() == "epoll" && alone(t) && t.Block == 1 {
			t.Valid, t.Fault = false, reason.Fault{Kind: reason.Died, Detail: "exit status 2"}
		} else if t.Metrics["completed"] > 0 && t.Metrics["unserved"] == 0 {
			share(t, 1000, 1000)
		}
	})
	g := newGrid(in.Analysis.Cells, in.Registry)
	d, _ := g.design("epoll")
	c := answeredCell(g, d, g.conditions[0], in.Analysis.Experiment)
	require.Equal(t, "✗ 100 %, died", c.Text)
	require.Equal(t, "bad", c.Class)
}

// Unanswered clients are a doubt about a design that promises to serve one at a time, and bad for one that promises to
// serve all.
func TestAPromiseIsNoFault(t *testing.T) {
	class := func(server string) string {
		in := spoiled(t, func(t *result.Trial) {
			if t.Cell.Server() == server {
				t.Metrics["served"], t.Metrics["unserved"] = 1, 15
				share(t, 100, 1600)
			}
		})
		g := newGrid(in.Analysis.Cells, in.Registry)
		d, _ := g.design(server)
		c := answeredCell(g, d, g.conditions[0], in.Analysis.Experiment)
		require.Equal(t, "◐ 6.25 %, 1 of 16", c.Text)
		return c.Class
	}
	require.Equal(t, "doubt", class("sequential"))
	require.Equal(t, "bad", class("epoll"))
}

// An interval behind a figure repeats the unit only where it differs.
func TestBrackets(t *testing.T) {
	require.Equal(t, "250–279", brackets("ns", 264e3, 250e3, 279e3))
	require.Equal(t, "900 µs–1.20 ms", brackets("ns", 1e6, 9e5, 1.2e6))
	require.Equal(t, "5,000–6,000", brackets("requests/s", 5500, 5000, 6000))
	require.Equal(t, "wide", brackets("requests/s", 5500, .01, 6e9))
	require.Equal(t, "8.00–9.50", brackets("bytes", 9<<20, 8<<20, 9.5*(1<<20)))
}

func requireColumns(t *testing.T, in Input) {
	for line := range strings.Lines(written(t, "text", in)) {
		require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
	}
}

// A count that only a few trials have is 0 in the median, and is reported all the same.
func TestFewAreNotNone(t *testing.T) {
	in := spoiled(t, func(t *result.Trial) {
		if t.Cell.Server() == "epoll" && alone(t) && t.Block == 1 {
			t.Metrics["lost"], t.Metrics["errors.closed"] = 5, 72
		}
	})
	for _, format := range []string{"html", "md"} {
		text := written(t, format, in)
		require.Contains(t, text, "5 in all", format)
		require.NotRegexp(t, `Zero everywhere: [^.]*lost`, text, format)
		require.Contains(t, text, "connections to epoll failed: 72 closed", format)
		require.Contains(t, text, "5 lost", format)
	}
}

// A long command continues on the next line, so that a table keeps the width of the terminal.
func TestALongNameGoesOnBelowItself(t *testing.T) {
	const long = "python3 /srv/no/such/directory/with/a/very/long/name/that/goes/on/and/on/for/more/than/eighty/columns.py {port} --loudly"
	in := spoiled(t, func(*result.Trial) {})
	for i := range in.Analysis.Cells {
		if in.Analysis.Cells[i].ID.Server() == "epoll" {
			in.Analysis.Cells[i].ID["server"] = long
		}
	}
	requireColumns(t, in)
	text := written(t, "text", in)
	require.Regexp(t, `(?m)^python3 {25}  ● all 16  .*\n/srv/no/such/directory/with/a/ve$`, text)
	require.Contains(t, strings.ReplaceAll(text, "\n", ""), "/srv/no/such/directory/with/a/very/long/name/that/goes/on/and/on/for/more/than/eighty/columns.py {port} --loudly")
}
