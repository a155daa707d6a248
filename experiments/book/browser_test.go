package book

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"socketbench/experiments/course"
	"socketbench/experiments/report/browser"
	"socketbench/experiments/scenes"
)

// kinds are a page of each kind.
var kinds = []string{"index.html", "lessons/second-client.html", "lessons/udp.html", "designs/epoll.html", "pairs/poll..epoll.html", "calls.html", "glossary.html"}

func TestBookInABrowser(t *testing.T) {
	chromium := browser.Start(t)
	dir := filepath.Join(t.TempDir(), "book")
	require.NoError(t, sample().Write(t.Context(), dir))
	for _, file := range kinds {
		t.Run(file, func(t *testing.T) { isReadable(t, chromium.OpenFile(t, dir, file), file) })
	}
	t.Run("plays", func(t *testing.T) { plays(t, chromium.OpenFile(t, dir, "lessons/second-client.html")) })
	t.Run("is printed", func(t *testing.T) { isPrinted(t, chromium.OpenFile(t, dir, "lessons/second-client.html")) })
	t.Run("is read without script", func(t *testing.T) { isReadWithoutScript(t, chromium.OpenFile(t, dir, "lessons/second-client.html")) })
	t.Run("speaks", func(t *testing.T) { speaks(t, chromium.OpenFile(t, dir, "lessons/second-client.html")) })
	t.Run("is in Chinese", func(t *testing.T) { isInChinese(t, chromium, dir) }) // last, as the language is kept
}

// A page fits every width, has enough contrast in light and in dark, and names its pictures and its parts.
func isReadable(t *testing.T, p *browser.Page, file string) {
	p.EachView(filepath.Base(file), "", "main h1", func(v browser.View) {
		require.Empty(t, browser.Evaluate[[]string](p, faint), "%s: contrast below 4.5", v.Name)
	})
	require.Equal(t, 1, browser.Evaluate[int](p, `document.querySelectorAll("main").length * document.querySelectorAll("h1").length`))
	require.Empty(t, browser.Evaluate[[]string](p, `[...document.querySelectorAll("svg")].filter(s => !(s.getAttribute("aria-label") || "").trim()).map(s => s.outerHTML.slice(0, 80))`))
}

// faint lists words whose contrast with what is behind them is below 4.5, except in pictures, where a picture's own test looks.
const faint = `(() => {
	const c = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
	const rgba = s => { c.clearRect(0, 0, 1, 1); c.fillStyle = s; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data]; };
	const light = p => { const l = p.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
		return .2126 * l[0] + .7152 * l[1] + .0722 * l[2]; };
	const known = new Map(), colour = s => { if (!known.has(s)) known.set(s, rgba(s)); return known.get(s); };
	const behind = e => { for (; e; e = e.parentElement) { const b = colour(getComputedStyle(e).backgroundColor); if (b[3]) return b; } return [255, 255, 255, 255]; };
	const found = new Set();
	for (const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); walk.nextNode();) {
		const e = walk.currentNode.parentElement;
		if (!walk.currentNode.data.trim() || e.closest("script, svg") || !e.getClientRects().length) continue;
		const a = light(colour(getComputedStyle(e).color)), b = light(behind(e));
		const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
		if (ratio < 4.5) found.add(e.tagName + "." + e.className + ": " + ratio.toFixed(2) + ": " + e.textContent.trim().slice(0, 30));
	}
	return [...found].slice(0, 5);
})()`

// The picture is hidden until it plays; the keyboard steps and plays it; guesses are marked when the end is seen.
func plays(t *testing.T, p *browser.Page) {
	now := func() string { return browser.Evaluate[string](p, `document.querySelector("output").textContent`) }
	says := func() string { return browser.Evaluate[string](p, `document.querySelector(".now").textContent`) }
	press := func(keys string) { require.NoError(t, chromedp.Do(p, chromedp.KeyEvent(keys))) }
	answered := func() bool { return browser.Evaluate[bool](p, `document.querySelector(".answer").open`) }
	p.Show("", ".controls")
	require.Equal(t, "0.0 s", now())
	require.True(t, browser.Evaluate[bool](p, `[...document.querySelectorAll(".curtain")].every(c => Number(c.getAttribute("width")) > 200)`))

	pictures := func() string {
		return browser.Evaluate[string](p, `[...document.querySelectorAll(".panels svg")].map(s => s.getAttribute("aria-label")).join()`)
	}
	require.Equal(t, "silent, sequential,silent, goroutine", pictures(), "what they show is not told before")

	press(kb.ArrowRight) // the first moment: the mute client connects
	require.Contains(t, says(), "mute is connected")
	require.NotEqual(t, "0.0 s", now())
	press(kb.ArrowLeft)
	require.Equal(t, "0.0 s", now())
	require.False(t, answered())

	// A guess for ann at each design is never: right at the second, wrong at the first. One key chooses, and the next goes on.
	choose := `document.querySelectorAll("fieldset input")[%d].focus(), 0`
	browser.Evaluate[int](p, fmt.Sprintf(choose, 0))
	press(" " + kb.ArrowRight + kb.ArrowRight)
	browser.Evaluate[int](p, fmt.Sprintf(choose, 3))
	press(" " + kb.ArrowLeft) // around the end
	require.Equal(t, []string{"3", "3"}, browser.Evaluate[[]string](p, `[...document.querySelectorAll("fieldset :checked")].map(i => i.value)`))
	require.Equal(t, "0.0 s", now(), "an arrow that chooses does not step the scene")
	require.Equal(t, "ann at sequential", browser.Evaluate[string](p, `document.querySelector("legend").innerText`))
	require.Zero(t, browser.Evaluate[int](p, shownTruths), "before it is seen")
	require.Empty(t, browser.Evaluate[[]string](p, shownNotes), "before it is seen")
	browser.Evaluate[int](p, `document.querySelector(".speed").value = "2", document.activeElement.blur(), 0`)
	press(" ")
	require.Eventually(t, answered, time.Minute, 20*time.Millisecond)
	require.Equal(t, "2.5 s", now())
	score := func() string {
		return browser.Evaluate[string](p, `document.querySelector(".score[aria-live]").innerText`)
	}
	require.Equal(t, "1 of 2 right", score())
	require.Equal(t, []string{"3 in the backlog"}, browser.Evaluate[[]string](p, shownNotes))
	require.Contains(t, pictures(), "silent, sequential. sequential: answered ann, bob and cho")
	require.Equal(t, "✗\nwrong; seen:\n at once: was answered within 0.05 s", browser.Evaluate[string](p, `document.querySelector("[data-mark=wrong] .truth").innerText`))
	require.Regexp(t, `^✓\nright:\n never: waited in vain for [0-9.]+ s, until the scene ended$`, browser.Evaluate[string](p, `document.querySelector("[data-mark=right] .truth").innerText`))
	require.Equal(t, 6, browser.Evaluate[int](p, shownTruths))
	require.Equal(t, 6, browser.Evaluate[int](p, `[...document.querySelectorAll("fieldset")].filter(f => document.getElementById(f.getAttribute("aria-describedby"))).length`))
	require.Zero(t, browser.Evaluate[float64](p, `Number(document.querySelector(".curtain").getAttribute("width"))`))

	// Another guess is marked at once, and none is none.
	browser.Evaluate[int](p, `document.querySelectorAll("fieldset input")[0].click(), 0`)
	require.Equal(t, "2 of 2 right", score())
	browser.Evaluate[int](p, `document.querySelector(".guess [type=reset]").click(), 0`)
	require.Eventually(t, func() bool { return score() == "Nothing was guessed; this is what was seen." }, time.Minute, 20*time.Millisecond)
	p.Faultless()
}

// shownTruths counts the answers that can be seen.
const shownTruths = `[...document.querySelectorAll(".truth")].filter(e => e.getClientRects().length).length`

// Without a script the question stands with its choices, and the picture is whole.
func isReadWithoutScript(t *testing.T, p *browser.Page) {
	p.Script(false)
	p.Show("", "main h1")
	require.Contains(t, browser.Evaluate[string](p, `document.querySelector(".guess").innerText`), "not all that it waits for comes before the scene ends")
	require.Zero(t, browser.Evaluate[int](p, `[...document.querySelectorAll(".guess :is(input, button, label), .controls")].filter(e => e.getClientRects().length).length`))
	require.Zero(t, browser.Evaluate[int](p, `document.querySelectorAll(".curtain").length`))
	p.Faultless()
}

// shownNotes are the notes beside the names of the servers that can be seen: such as how many clients are in the backlog.
const shownNotes = `[...document.querySelectorAll(".panel-note")].filter(e => getComputedStyle(e).visibility === "visible" && e.getClientRects().length).map(e => e.textContent)`

// On paper the question stands with its choices, and without the form.
func isPrinted(t *testing.T, p *browser.Page) {
	p.Show("", ".controls")
	p.Media("print")
	seen := browser.Evaluate[string](p, `document.querySelector(".guess").innerText`)
	require.Contains(t, seen, "Is it answered, and when?")
	require.Contains(t, seen, "about when it would be answered if it were the only client")
	require.Zero(t, browser.Evaluate[int](p, `[...document.querySelectorAll(".guess :is(input, button, label), .controls")].filter(e => e.getClientRects().length).length`))
	p.Faultless()
}

// A button changes the language of the questions, and the language is kept.
func speaks(t *testing.T, p *browser.Page) {
	shown := func() string { return browser.Evaluate[string](p, `document.querySelector("h1").innerText`) }
	press := func() { browser.Evaluate[int](p, `document.querySelector(".language").click(), 0`) }
	p.Show("", ".language")
	require.Equal(t, "The second client waits", shown())
	press()
	require.Equal(t, "第二个客户端在等", shown())
	require.Equal(t, "等待回复", browser.Evaluate[string](p, `document.querySelector(".lanes-legend").innerText.match(/等待回复/)?.[0] || ""`))
	require.NotContains(t, browser.Evaluate[string](p, `document.querySelector(".lanes-legend").innerText`), "waiting")
	require.Equal(t, "zh-Hans", browser.Evaluate[string](p, `document.documentElement.lang`))
	require.Equal(t, "第二个客户端在等 · socketbench", browser.Evaluate[string](p, `document.title`))
	p.Show("", ".language")
	require.Equal(t, "第二个客户端在等", shown(), "after the page is loaded again")
	press()
	require.Equal(t, "The second client waits", shown())
	p.Faultless()
}

// In the Chinese book everything about a scene, an exercise and what was measured is Chinese: only names, programs and the essays on
// designs, which the code has, stay English. Tips and descriptions of pictures are Chinese too.
func isInChinese(t *testing.T, chromium browser.Browser, dir string) {
	p := chromium.OpenFile(t, dir, "lessons/second-client.html")
	p.Show("", ".language")
	browser.Evaluate[int](p, `document.querySelector(".language").click(), 0`) // and all pages that follow
	index := chromium.OpenFile(t, dir, "index.html")
	index.Show("", ".language")
	for _, idea := range browser.Evaluate[[]string](index, `[...document.querySelectorAll(".about")].map(e => e.innerText)`) {
		require.True(t, isChinese(idea), "English in the Chinese book: %q", idea)
	}
	calls := chromium.OpenFile(t, dir, "calls.html")
	calls.Show("", ".language")
	for _, cell := range browser.Evaluate[[]string](calls, `[...document.querySelectorAll(".calls :is(td, th)")].map(e => e.innerText)`) {
		require.True(t, isChinese(cell) || !regexp.MustCompile(`[a-z]{2,} [a-z]{2,}`).MatchString(cell), "English in the Chinese book: %q", cell)
	}
	for _, l := range course.Lessons() {
		names := []string{"plain", "slow-calls", l.Scene, l.Exercise, "python"}
		for _, e := range sample().Entries {
			names = append(names, e.Name)
		}
		if l.Scene != "" {
			scene, err := scenes.Get(l.Scene)
			require.NoError(t, err)
			for _, c := range scene.Clients {
				names = append(names, c.Name)
			}
		}
		p := chromium.OpenFile(t, dir, "lessons/"+l.Name+".html")
		p.Show("", ".language")
		require.Equal(t, "zh-Hans", browser.Evaluate[string](p, `document.documentElement.lang`), l.Name)
		require.Positive(t, browser.Evaluate[int](p, `document.querySelectorAll("details").forEach(d => d.open = true),
			document.querySelectorAll(".truth, .because").forEach(e => e.hidden = false), document.querySelectorAll(".player title, .player svg").length`))
		for _, text := range browser.Evaluate[[]string](p, latin) {
			for part := range strings.SplitSeq(text, "，") {
				assert.Contains(t, names, part, "%s: English in the Chinese book: %q", l.Name, text)
			}
		}
		p.Faultless()
	}
}

// latin lists the texts that can be read and have words, but no Chinese.
const latin = `(() => {
	const found = [], add = s => { if (/[A-Za-z]{3}/.test(s) && !/[一-鿿]/.test(s)) found.push(s.trim()); };
	for (const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT); walk.nextNode();) {
		const e = walk.currentNode.parentElement;
		if (e.localName !== "title" && !e.getClientRects().length || e.closest("pre, code, .prose[lang], .more a, h2 a, [aria-hidden]")) continue;
		add(walk.currentNode.data);
	}
	document.querySelectorAll("main [aria-label]:not(nav)").forEach(e => add(e.getAttribute("aria-label")));
	return [...new Set(found)];
})()`

// BenchmarkBookFirstScreen is the time from the start of loading until the first screen is drawn and can be used.
func BenchmarkBookFirstScreen(b *testing.B) {
	chromium := browser.Start(b)
	dir := filepath.Join(b.TempDir(), "book")
	require.NoError(b, sample().Write(b.Context(), dir))
	for _, file := range kinds {
		b.Run(filepath.Base(file), func(b *testing.B) {
			p := chromium.OpenFile(b, dir, file)
			var sum float64
			for b.Loop() {
				p.Show("", "main h1")
				sum += browser.Evaluate[float64](p, `performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd`)
			}
			b.ReportMetric(sum/float64(b.N), "ms/usable")
		})
	}
}
