package sidebyside

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"socketbench/experiments/report/browser"
	"socketbench/servers"
)

// The page of the registry and the samples.
func TestPageInABrowser(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, WritePage(&b, append(servers.All(), samples(t)...), sampleFacts, ""))
	chromium := browser.Start(t)
	for name, test := range map[string]func(*testing.T, *browser.Page){
		"views": standsInEveryView, "chooser by keyboard": choosesByKeyboard, "script and page agree": agreesWithItsScript,
	} {
		t.Run(name, func(t *testing.T) { test(t, chromium.Open(t, b.Bytes())) })
	}
}

// The page stands at any width, in light and in dark, with its script and without.
func standsInEveryView(t *testing.T, p *browser.Page) {
	p.EachView("code", "#left..right", ".sbs h3", func(v browser.View) {
		visible := browser.Evaluate[int](p, `[...document.querySelectorAll(".pair")].filter(e => e.getClientRects().length).length`)
		if v.Script {
			require.Equal(t, 1, visible, v.Name)
			require.Equal(t, "left to right", browser.Evaluate[string](p, `document.querySelector(".shown h3").textContent`))
		} else {
			require.Equal(t, len(servers.All())+2, visible, v.Name)
			require.False(t, browser.Evaluate[bool](p, `document.querySelector(".choose").getClientRects().length > 0`))
		}
	})
}

// Two designs are chosen with the keyboard alone, and the address says which.
func choosesByKeyboard(t *testing.T, p *browser.Page) {
	hash := func() string { return browser.Evaluate[string](p, `decodeURIComponent(location.hash)`) }
	title := func() string { return browser.Evaluate[string](p, `document.querySelector(".shown h3").textContent`) }
	focus := func() string {
		return browser.Evaluate[string](p, `(document.activeElement.closest("a, select, button, input, h3, summary") || {}).name || document.activeElement.tagName`)
	}
	press := func(keys string) { require.NoError(t, chromedp.Do(p, chromedp.KeyEvent(keys))) }
	p.Show("", ".choose")

	press(kb.Tab)
	require.Equal(t, "a", focus())
	press("goroutine")
	require.Equal(t, "goroutine", browser.Evaluate[string](p, `document.activeElement.value`))
	require.Equal(t, "#goroutine..sequential", hash(), "the design of the other side changes places")
	press(kb.Tab + kb.Tab)
	require.Equal(t, "b", focus())
	press("pool")
	require.Equal(t, "#goroutine..pool", hash())
	require.Equal(t, "goroutine to pool", title())
	require.Equal(t, "b", focus(), "choosing does not take the focus away")
	require.Contains(t, browser.Evaluate[string](p, `document.querySelector("[role=status]").textContent`), "goroutine and pool: ")

	require.NoError(t, chromedp.Do(p, chromedp.Focus(chromedp.CSS(`.choose button`))))
	press(kb.Enter)
	require.Equal(t, "#pool..goroutine", hash())

	press(kb.Tab + kb.Tab) // over the right select to the check box
	press(" ")
	require.Zero(t, browser.Evaluate[int](p, `document.querySelectorAll(".shown details:not([open])").length`))
	require.Positive(t, browser.Evaluate[int](p, `document.querySelectorAll(".shown details[open]").length`))

	press(kb.Tab)
	require.Equal(t, "SUMMARY", focus())
	press(kb.Tab) // the first link of the tree: where the reading begins
	require.Equal(t, "A", focus())
	press(kb.Enter)
	require.Equal(t, "#..sequential", hash())
	// The page hears of it a moment later.
	require.Eventually(t, func() bool { return title() == "sequential" }, time.Minute, 5*time.Millisecond)
	require.Equal(t, "H3", focus(), "a link leads to what it shows")
	p.Faultless()
}

// What the script makes of the page's data is what the page says without it.
func agreesWithItsScript(t *testing.T, p *browser.Page) {
	p.Show("", ".choose")
	const show = `(e => {
		const clean = e.cloneNode(true);
		clean.removeAttribute("id");
		clean.querySelectorAll("details").forEach(d => d.open = false);
		return clean.innerHTML.replace(/>\s+/g, ">").replace(/\s+</g, "<").replace(/<\/mark><mark>/g, "");
	})`
	for _, id := range browser.Evaluate[[]string](p, `[...document.querySelectorAll(".sbs > .pair")].map(e => e.id)`) {
		require.NoError(t, chromedp.Do(p, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`location.hash = %q`, id)),
			chromedp.Poll[chromedp.Void](fmt.Sprintf(`document.querySelector(".tree [aria-current]")?.getAttribute("href") === "#%s"`, id))))
		want := browser.Evaluate[string](p, show+fmt.Sprintf(`(document.getElementById(%q))`, id))
		got := browser.Evaluate[string](p, show+`(document.querySelector(".shown .pair"))`)
		require.Equal(t, unmarked(want), unmarked(got), id)
		require.Equal(t, strings.Count(want, "<mark>") > 0, strings.Count(got, "<mark>") > 0, id)
		text := fmt.Sprintf(`[...%%s.querySelectorAll("code")].map(c => [...c.querySelectorAll("mark")].map(m => m.textContent).join(""))`)
		require.Equal(t,
			browser.Evaluate[[]string](p, fmt.Sprintf(text, fmt.Sprintf(`document.getElementById(%q)`, id))),
			browser.Evaluate[[]string](p, fmt.Sprintf(text, `document.querySelector(".shown .pair")`)), id)
	}
}

// unmarked takes the marks and the borders between styles out: where a mark crosses them, the two ways of
// making it nest differently.
func unmarked(html string) string {
	html = strings.NewReplacer("<mark>", "", "</mark>", "").Replace(html)
	for _, class := range []Class{Keyword, Comment, Literal, Called, Typed, Place} {
		html = strings.ReplaceAll(html, fmt.Sprintf(`</i><i class="%s">`, class), "")
	}
	return html
}
