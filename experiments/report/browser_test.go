package report

import (
	"bytes"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"socketbench/experiments/report/browser"
	"socketbench/experiments/verdict"
)

// missing lists the figures without a visible picture, or without a table behind it.
const missing = `[...document.querySelectorAll("figure")].filter(f =>
	![...f.querySelectorAll("svg, table")].some(e => e.getClientRects().length) || !f.querySelector("details table td"))
	.map(f => f.querySelector("h3").textContent)`

// illegible lists words of charts that are too small, and pairs of words in one chart that run into each other.
const illegible = `(() => {
	const seen = root => [...root.querySelectorAll("svg text")].filter(e => e.getClientRects().length);
	const small = seen(document).filter(e => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().d < 10);
	const pairs = [...document.querySelectorAll("div.chart")].flatMap(c => {
		const words = seen(c).map(e => [e.textContent, e.getBoundingClientRect()]);
		return words.flatMap(([a, p], i) => words.slice(i + 1).filter(([, q]) =>
			p.left < q.right - 3 && q.left < p.right - 3 && p.top < q.bottom - 3 && q.top < p.bottom - 3).map(([b]) => a + " and " + b));
	});
	return small.map(e => "small: " + e.textContent).concat(pairs);
})()`

const (
	sectionIDs  = `[...document.querySelectorAll("main > section")].map(s => s.id)`
	figureCount = `document.querySelectorAll("figure").length`
)

func TestPagesInABrowser(t *testing.T) {
	chromium := browser.Start(t)
	t.Run("report", func(t *testing.T) { reportIsWhole(t, chromium) })
	t.Run("lines by keyboard", func(t *testing.T) { linesAreChosenByKeyboard(t, chromium) })
	t.Run("comparison", func(t *testing.T) { comparisonIsWhole(t, chromium) })
	t.Run("index", func(t *testing.T) { indexIsWhole(t, chromium) })
}

// The report of a run has all its sections, with every chart and the table behind it.
func reportIsWhole(t *testing.T, chromium browser.Browser) {
	in := limited(t)
	in.WithoutCode = false
	var b bytes.Buffer
	require.NoError(t, Write("html", &b, in))
	p := chromium.Open(t, b.Bytes())
	p.EachView("report", "", "#repeat", func(v browser.View) {
		require.Empty(t, browser.Evaluate[[]string](p, missing), v.Name)
		require.Empty(t, browser.Evaluate[[]string](p, illegible), v.Name)
		require.Equal(t, []string{"served", "verdicts", "charts", "limits", "all", "code", "repeat"},
			browser.Evaluate[[]string](p, sectionIDs), v.Name)
		require.GreaterOrEqual(t, browser.Evaluate[int](p, figureCount), 9, v.Name)
	})
	for _, width := range []int64{720, 360} { // the narrowest of either kind
		p.Window(width, 900)
		require.Empty(t, browser.Evaluate[[]string](p, illegible), "%d pixels", width)
	}
}

// A box of the legend hides a line and shows it again, from the keyboard and without a script.
func linesAreChosenByKeyboard(t *testing.T, chromium browser.Browser) {
	var b bytes.Buffer
	require.NoError(t, Write("html", &b, quick(t)))
	p := chromium.Open(t, b.Bytes())
	p.Script(false)
	require.NoError(t, chromedp.Do(p, chromedp.EmulateViewport(1280, 900)))
	p.Show("", "#show-s1")
	shown := func() bool {
		return browser.Evaluate[bool](p, `document.querySelector("#spectrum .series.s1").getClientRects().length > 0`)
	}
	require.True(t, shown())
	require.NoError(t, chromedp.Do(p, chromedp.Focus(chromedp.CSS("#show-s1")), chromedp.KeyEvent(" ")))
	require.False(t, shown())
	require.NoError(t, chromedp.Do(p, chromedp.KeyEvent(" ")))
	require.True(t, shown())
}

// The page of two runs shows both spectra of a design in one chart.
func comparisonIsWhole(t *testing.T, chromium browser.Browser) {
	var b bytes.Buffer
	require.NoError(t, WriteComparison("html", &b, pair(t)))
	p := chromium.Open(t, b.Bytes())
	p.EachView("compare", "", "#manifests", func(v browser.View) {
		require.Empty(t, browser.Evaluate[[]string](p, missing), v.Name)
		require.Empty(t, browser.Evaluate[[]string](p, illegible), v.Name)
		require.Equal(t, []string{"gate", "changes", "charts", "compared", "manifests"}, browser.Evaluate[[]string](p, sectionIDs), v.Name)
		require.Equal(t, []int{1, 1}, browser.Evaluate[[]int](p, `(c => [c.querySelectorAll(".series.s1.before .line:not(.least)").length,
			c.querySelectorAll(".series.s1:not(.before) .line:not(.least)").length])(document.querySelector("#spectrum-1"))`), v.Name)
	})
}

func indexIsWhole(t *testing.T, chromium browser.Browser) {
	list, err := List(pastRuns(t))
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, WriteIndex("html", &b, list, 0, nil, "."))
	p := chromium.Open(t, b.Bytes())
	p.EachView("index", "", ".runs", func(v browser.View) {
		require.Equal(t, len(list.Runs), browser.Evaluate[int](p, `document.querySelectorAll(".runs > li").length`), v.Name)
	})
}

// pair is the fixture and a second run that differs only in its kernel.
func pair(t *testing.T) Pair {
	before, after := quick(t), quick(t)
	after.Run.Manifest.Host.Kernel = "6.99"
	x, err := verdict.Compare(before.Run, after.Run, []string{"unserved", "latency.p99", "cpu_per_request"})
	require.NoError(t, err)
	bound, err := verdict.ParseBound("reads_per_request<0.5")
	require.NoError(t, err)
	gate, err := x.Gate([]verdict.Bound{bound})
	require.NoError(t, err)
	return Pair{Before: before, After: after, Across: x, Gate: &gate}
}
