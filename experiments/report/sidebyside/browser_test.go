package sidebyside

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"socketbench/servers"
)

var screenshots = flag.String("screenshots", "", "a folder for pictures of the page, to be looked at")

// browser starts a headless Chromium and returns the context of its first page.
func browser(t *testing.T) context.Context {
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("needs chromium (Debian: apt-get install chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.UserDataDir(t.TempDir()))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx)) // starts it; a timeout here would end it
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	ctx, watchdog := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(watchdog)
	return ctx
}

// faults collects what a page must not do: complain, or ask anybody for anything.
type faults struct {
	mu   sync.Mutex
	list []string
}

func (f *faults) watch(t *testing.T, ctx context.Context, self string) {
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		f.mu.Lock()
		defer f.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			f.list = append(f.list, "console: "+string(e.Type))
		case *runtime.EventExceptionThrown:
			f.list = append(f.list, "exception: "+e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			f.list = append(f.list, "log: "+e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if u, _, _ := strings.Cut(e.Request.URL, "#"); u != self && u != "about:blank" && !strings.HasPrefix(u, "data:") {
				f.list = append(f.list, "request: "+e.Request.URL)
			}
		}
	}))
}

func (f *faults) none(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	require.Empty(t, f.list)
}

// pageFile writes the page of the registry and the samples and returns its address.
func pageFile(t *testing.T) string {
	var b bytes.Buffer
	require.NoError(t, WritePage(&b, append(servers.All(), samples(t)...), sampleFacts, ""))
	file := filepath.Join(t.TempDir(), "index.html")
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
	return (&url.URL{Scheme: "file", Path: file}).String()
}

func evaluate[T any](t *testing.T, ctx context.Context, script string) (value T) {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	require.NoError(t, err, script)
	return value
}

// overflow lists what is wider than the window.
const overflow = `[...document.querySelectorAll("body *")].filter(e =>
	e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 1)
	.map(e => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 40)).slice(0, 5)
	.concat(document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : [])`

// The page stands at any width, in light and in dark, with its script and without.
func TestPageInABrowser(t *testing.T) {
	ctx := browser(t)
	address := pageFile(t)
	var seen faults
	seen.watch(t, ctx, address)
	for _, script := range []bool{true, false} {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1280, 390} {
				name := fmt.Sprintf("%s-%d-script-%v", scheme, width, script)
				_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled,
					emulation.SetScriptExecutionDisabledParams{Value: !script})
				require.NoError(t, err)
				_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
				require.NoError(t, err)
				require.NoError(t, chromedp.Do(ctx,
					chromedp.EmulateViewport(width, 900),
					chromedp.Navigate("about:blank"),
					chromedp.Navigate(address+"#left..right"),
					chromedp.WaitVisible(chromedp.CSS(`.sbs h3`))), name)
				require.Empty(t, evaluate[[]string](t, ctx, overflow), name)
				visible := evaluate[int](t, ctx, `[...document.querySelectorAll(".pair")].filter(e => e.getClientRects().length).length`)
				if script {
					require.Equal(t, 1, visible, name)
					require.Equal(t, "left to right", evaluate[string](t, ctx, `document.querySelector(".shown h3").textContent`))
				} else {
					require.Equal(t, len(servers.All())+2, visible, name)
					require.False(t, evaluate[bool](t, ctx, `document.querySelector(".choose").getClientRects().length > 0`))
				}
				if *screenshots != "" {
					take := chromedp.FullScreenshot(100)
					if !script { // the page is long then: its beginning is enough
						require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 3000)))
						take = chromedp.CaptureScreenshot()
					}
					picture, err := chromedp.Run(ctx, take)
					require.NoError(t, err)
					require.NoError(t, os.WriteFile(filepath.Join(*screenshots, name+".png"), picture, 0o644))
				}
			}
		}
	}
	seen.none(t)
}

// Two designs are chosen with the keyboard alone, and the address says which.
func TestChooserByKeyboard(t *testing.T) {
	ctx := browser(t)
	address := pageFile(t)
	var seen faults
	seen.watch(t, ctx, address)
	hash := func() string { return evaluate[string](t, ctx, `decodeURIComponent(location.hash)`) }
	title := func() string { return evaluate[string](t, ctx, `document.querySelector(".shown h3").textContent`) }
	focus := func() string {
		return evaluate[string](t, ctx, `(document.activeElement.closest("a, select, button, input, h3, summary") || {}).name || document.activeElement.tagName`)
	}
	press := func(keys string) { require.NoError(t, chromedp.Do(ctx, chromedp.KeyEvent(keys))) }
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS(`.choose`))))

	press(kb.Tab)
	require.Equal(t, "a", focus())
	press("goroutine")
	require.Equal(t, "goroutine", evaluate[string](t, ctx, `document.activeElement.value`))
	require.Equal(t, "#goroutine..sequential", hash(), "the design of the other side changes places")
	press(kb.Tab + kb.Tab)
	require.Equal(t, "b", focus())
	press("pool")
	require.Equal(t, "#goroutine..pool", hash())
	require.Equal(t, "goroutine to pool", title())
	require.Equal(t, "b", focus(), "choosing does not take the focus away")
	require.Contains(t, evaluate[string](t, ctx, `document.querySelector("[role=status]").textContent`), "goroutine and pool: ")

	require.NoError(t, chromedp.Do(ctx, chromedp.Focus(chromedp.CSS(`.choose button`))))
	press(kb.Enter)
	require.Equal(t, "#pool..goroutine", hash())

	press(kb.Tab + kb.Tab) // over the right select to the check box
	press(" ")
	require.Zero(t, evaluate[int](t, ctx, `document.querySelectorAll(".shown details:not([open])").length`))
	require.Positive(t, evaluate[int](t, ctx, `document.querySelectorAll(".shown details[open]").length`))

	press(kb.Tab)
	require.Equal(t, "SUMMARY", focus())
	press(kb.Tab) // the first link of the tree: where the reading begins
	require.Equal(t, "A", focus())
	press(kb.Enter)
	require.Equal(t, "#..sequential", hash())
	require.Equal(t, "sequential", title())
	require.Equal(t, "H3", focus(), "a link leads to what it shows")
	seen.none(t)
}

// What the script makes of the page's data is what the page says without it.
func TestScriptAndPageAgree(t *testing.T) {
	ctx := browser(t)
	address := pageFile(t)
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS(`.choose`))))
	const show = `(e => {
		const clean = e.cloneNode(true);
		clean.removeAttribute("id");
		clean.querySelectorAll("details").forEach(d => d.open = false);
		return clean.innerHTML.replace(/>\s+/g, ">").replace(/\s+</g, "<").replace(/<\/mark><mark>/g, "");
	})`
	for _, id := range evaluate[[]string](t, ctx, `[...document.querySelectorAll(".sbs > .pair")].map(e => e.id)`) {
		require.NoError(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`location.hash = %q`, id)),
			chromedp.Poll[chromedp.Void](fmt.Sprintf(`document.querySelector(".tree [aria-current]")?.getAttribute("href") === "#%s"`, id))))
		want := evaluate[string](t, ctx, show+fmt.Sprintf(`(document.getElementById(%q))`, id))
		got := evaluate[string](t, ctx, show+`(document.querySelector(".shown .pair"))`)
		require.Equal(t, unmarked(want), unmarked(got), id)
		require.Equal(t, strings.Count(want, "<mark>") > 0, strings.Count(got, "<mark>") > 0, id)
		text := fmt.Sprintf(`[...%%s.querySelectorAll("code")].map(c => [...c.querySelectorAll("mark")].map(m => m.textContent).join(""))`)
		require.Equal(t,
			evaluate[[]string](t, ctx, fmt.Sprintf(text, fmt.Sprintf(`document.getElementById(%q)`, id))),
			evaluate[[]string](t, ctx, fmt.Sprintf(text, `document.querySelector(".shown .pair")`)), id)
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
