package sidebyside

import (
	"bytes"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"socketbench/experiments/report/browser"
	"socketbench/servers"
)

// The page has the designs of the registry, the samples, and a pair that was asked for.
func TestPageInABrowser(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, WritePage(&b, append(servers.All(), samples(t)...), sampleFacts, Pair{"pool", "goroutine"}))
	chromium := browser.Start(t)
	for name, test := range map[string]func(*testing.T, *browser.Page){
		"views": standsInEveryView, "chooser by keyboard": choosesByKeyboard,
	} {
		t.Run(name, func(t *testing.T) { test(t, chromium.Open(t, b.Bytes())) })
	}
}

const (
	shownPairs = `[...document.querySelectorAll(".pair")].filter(e => e.getClientRects().length).length`
	shownTitle = `document.querySelector(".pair:not([hidden]) h3").textContent`
)

// The page fits both widths, in light and in dark, with its script and without it.
func standsInEveryView(t *testing.T, p *browser.Page) {
	p.EachView("code", "#left..right", ".sbs .pair:not([hidden]) h3", func(v browser.View) {
		visible := browser.Evaluate[int](p, shownPairs)
		if v.Script {
			require.Equal(t, 1, visible, v.Name)
			require.Equal(t, "left to right", browser.Evaluate[string](p, shownTitle))
		} else {
			require.Equal(t, len(servers.All())+3, visible, v.Name)
			require.False(t, browser.Evaluate[bool](p, `document.querySelector(".choose").getClientRects().length > 0`))
		}
	})
}

// A reader can choose a pair with the keyboard alone, and the address names the pair.
func choosesByKeyboard(t *testing.T, p *browser.Page) {
	hash := func() string { return browser.Evaluate[string](p, `decodeURIComponent(location.hash)`) }
	title := func() string { return browser.Evaluate[string](p, shownTitle) }
	focus := func() string {
		return browser.Evaluate[string](p, `(document.activeElement.closest("a, select, input, h3, summary") || {}).name || document.activeElement.tagName`)
	}
	press := func(keys string) { require.NoError(t, chromedp.Do(p, chromedp.KeyEvent(keys))) }
	p.Show("", ".choose")
	require.Equal(t, "pool to goroutine", title(), "the page opens with what was asked for")

	press(kb.Tab)
	require.Equal(t, "pair", focus())
	press("goroutine to pool")
	require.Equal(t, "#goroutine..pool", hash())
	require.Equal(t, "goroutine to pool", title())
	require.Equal(t, "pair", focus(), "choosing does not take the focus away")
	require.Contains(t, browser.Evaluate[string](p, `document.querySelector("[role=status]").textContent`), "goroutine to pool: ")
	require.Equal(t, 1, browser.Evaluate[int](p, shownPairs))

	press(kb.Tab) // to the check box
	press(" ")
	require.Zero(t, browser.Evaluate[int](p, `document.querySelectorAll(".pair:not([hidden]) details:not([open])").length`))
	require.Positive(t, browser.Evaluate[int](p, `document.querySelectorAll(".pair:not([hidden]) details[open]").length`))

	press(kb.Tab)
	require.Equal(t, "SUMMARY", focus())
	press(kb.Tab) // the first link of the tree: where the reading begins
	require.Equal(t, "A", focus())
	press(kb.Enter)
	require.Equal(t, "#..sequential", hash())
	// The event reaches the page a moment later.
	require.Eventually(t, func() bool { return title() == "sequential" }, time.Minute, 5*time.Millisecond)
	require.Equal(t, "H3", focus(), "a link leads to what it shows")
	p.Faultless()
}
