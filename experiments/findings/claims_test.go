package findings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/verdict"
)

func TestEssaysAreRead(t *testing.T) {
	text := essay("// a: one design.\n//\n// It costs 3 µs. It\n// waits.\n//\n//\ttable 9 ms\n\npackage servers\n\n// Not this: 5 ms.\n")
	require.Equal(t, []string{"a:", "one design.", "It costs 3 µs.", "It waits."}, sentences(text))
	text = prose("# A 9 ms title\n\nOne is\nfaster. `b` is slow; two.\n\n```console\n$ 5 ms\n```\n<!-- choices -->\n- 3 ms\n<!-- /choices -->\n| 4 ms |\n- item: 7x\n")
	require.Equal(t, []string{"One is faster.", "`b` is slow;", "two.", "item:", "7x"}, sentences(text))
}

func TestWhatLooksLikeAMeasurement(t *testing.T) {
	for _, s := range []string{"It takes 3.5 µs.", "half the memory", "0.9x", "5 % more", "It is faster", "as much CPU as epoll", "several times as long",
		"a tenth of that", "more CPU than", "96 of 100 comparisons", "10 KiB an idle connection", "three milliseconds", "threefold"} {
		require.True(t, measured().MatchString(s), s)
	}
	for _, s := range []string{"One goroutine accepts.", "with 32 connections", "two system calls", "the next times out", "a halfway house"} {
		require.False(t, measured().MatchString(s), s)
	}
}

// repository is a root with one essay, one README and the catalogue.
func repository(t *testing.T, essay, readme string) string {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "servers"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "servers", "pool.go"), []byte("// "+strings.ReplaceAll(essay, "\n", "\n// ")+"\n\npackage servers\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte(readme), 0o644))
	return dir
}

// A sentence that a run contradicts is named, with the class and the interval; so is one that nobody named the
// measurement of, and an entry that fits nothing. README may say other things than about designs.
func TestContradictionsAreFound(t *testing.T) {
	s := again(t, quick(t))
	classes := []Class{{"plain", "a quiet machine", []Summary{s}}}
	root := repository(t, "It costs less\nthan half. Nobody waits.", "The pool is slower. It takes half of a minute.\n")
	claim := Claim{In: "servers/pool.go", Says: "It costs less than half.", Experiment: "quick", Metric: "cpu_per_request",
		Of: "server=pool, load.mute=0", Against: "server=goroutine, load.mute=0", Expect: "< 100x"}
	check := func(c claims) (own []string) {
		problems, err := c.check(root, classes)
		require.NoError(t, err)
		for _, p := range problems {
			if !strings.HasPrefix(p, "experiments/catalog/") { // the real one, whose entries are not in c
				own = append(own, p)
			}
		}
		return own
	}
	both := claims{[]Claim{claim}, []Exception{{"README.md", "The pool is slower.", "a test"}}}
	require.Empty(t, check(both))

	c := both.Claims[0]
	c.Expect = "< 0.0001x"
	problems := check(claims{[]Claim{c}, both.Others})
	require.Len(t, problems, 1)
	require.Contains(t, problems[0], `servers/pool.go says "It costs less than half.", and quick on plain refutes it: cpu_per_request of server=pool, load.mute=0 is `)

	require.Equal(t, []string{`README.md: no entry of claims.yaml names the measurement of "The pool is slower."`}, check(claims{Claims: both.Claims}))
	for want, change := range map[string]func(*Claim){
		`servers/pool.go does not say "It costs."`: func(c *Claim) { c.Says = "It costs." },
		"servers/pond.go is no file":               func(c *Claim) { c.In = "servers/pond.go" },
		"quick has no cell server=pool":            func(c *Claim) { c.Of = "server=pool" },
		"quick has no cell server=thread":          func(c *Claim) { c.Of = "server=thread, load.mute=0" },
		`there is no metric "cost"`:                func(c *Claim) { c.Metric = "cost" },
		`no experiment "quik"`:                     func(c *Claim) { c.Experiment = "quik" },
		"add against":                              func(c *Claim) { c.Against = "" },
	} {
		c := claim
		change(&c)
		require.Contains(t, strings.Join(check(claims{[]Claim{c}, both.Others}), "\n"), want)
	}
}

// The interval of a ratio is that of the comparison or the prediction, which is paired, or else what the two intervals
// allow.
func TestIntervalOfAClaim(t *testing.T) {
	s := again(t, quick(t))
	ask := func(of, against string) (low, high float64, known bool) {
		q, err := Claim{Experiment: "quick", Metric: "cpu_per_request", Of: of, Against: against, Expect: "> 1x"}.question()
		require.NoError(t, err)
		return s.interval(q)
	}
	f := s.analysis.Families[0]
	for _, c := range f.Comparisons {
		if c.Server == "epoll" && f.Condition["load.mute"] == 0 {
			low, high, known := ask("server=epoll, load.mute=0", "server=goroutine, load.mute=0")
			require.True(t, known)
			require.Equal(t, []float64{c.Low, c.High}, []float64{low, high})
		}
	}
	p := s.analysis.Predictions[4] // of deadline beside eight silent clients against deadline alone
	low, high, known := ask("server=deadline, load.mute=8", "server=deadline, load.mute=0")
	require.True(t, known)
	require.Equal(t, []float64{p.Low, p.High}, []float64{low, high})

	low, high, known = ask("server=epoll, load.mute=8", "server=epoll, load.mute=0")
	require.True(t, known)
	of, against := s.cell(t, "epoll", 8), s.cell(t, "epoll", 0)
	require.InEpsilon(t, of.Low/against.High, low, 1e-9)
	require.InEpsilon(t, of.High/against.Low, high, 1e-9)
	_, _, known = ask("server=sequential, load.mute=8", "server=epoll, load.mute=0")
	require.False(t, known, "who answered nobody has no cost of a request")
}

func (s Summary) cell(t *testing.T, server string, mute int) verdict.Summary {
	for _, c := range s.analysis.Cells {
		if c.ID.Server() == server && c.ID["load.mute"] == mute {
			return c.Metrics["cpu_per_request"]
		}
	}
	t.Fatalf("no cell of %s", server)
	return verdict.Summary{}
}
