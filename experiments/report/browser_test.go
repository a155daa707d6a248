package report

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
	"github.com/stretchr/testify/require"
)

var screenshots = flag.String("screenshots", "", "a folder for pictures of the report, to be looked at")

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
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx)) // starts it; a timeout here would end it
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	ctx, watchdog := context.WithTimeout(ctx, 90*time.Second)
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

func evaluate[T any](t *testing.T, ctx context.Context, script string) (value T) {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	require.NoError(t, err, script)
	return value
}

// overflow lists what is wider than the window, but for what scrolls in a frame of its own, and words
// that run out of their picture.
const overflow = `[...document.querySelectorAll("body *")].filter(e => e.getClientRects().length &&
	!e.closest(".scroll, pre, .skip") && e.getBoundingClientRect().right > innerWidth + 1)
	.map(e => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 40)).slice(0, 5)
	.concat(document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : [])
	.concat([...document.querySelectorAll("figure svg text")].filter(e => { if (!e.getClientRects().length) return false;
		const t = e.getBoundingClientRect(), s = e.ownerSVGElement.getBoundingClientRect();
		return t.right > s.right + 1 || t.left < s.left - 1 || t.bottom > s.bottom + 1 || t.top < s.top - 1 })
		.map(e => "out of its picture: " + e.textContent).slice(0, 9))`

// missing lists the figures of which nothing is to be seen: no picture, or no table behind it.
const missing = `[...document.querySelectorAll("figure")].filter(f =>
	![...f.querySelectorAll("svg, table")].some(e => e.getClientRects().length) || !f.querySelector("details table td"))
	.map(f => f.querySelector("h3").textContent)`

// The report of a real run stands at the width of a desk and of a telephone, in light and in dark, with
// its script and without.
func TestReportInABrowser(t *testing.T) {
	ctx := browser(t)
	in := quick(t)
	in.WithoutCode = false
	var b bytes.Buffer
	require.NoError(t, Write("html", &b, in))
	file := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
	address := (&url.URL{Scheme: "file", Path: file}).String()
	var seen faults
	seen.watch(t, ctx, address)
	for _, script := range []bool{true, false} {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{1280, 390} {
				name := fmt.Sprintf("%s-%d-script-%v", scheme, width, script)
				_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script})
				require.NoError(t, err)
				_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
				require.NoError(t, err)
				require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate("about:blank"),
					chromedp.Navigate(address), chromedp.WaitVisible(chromedp.CSS(`#repeat`))), name)
				require.Empty(t, evaluate[[]string](t, ctx, overflow), name)
				require.Empty(t, evaluate[[]string](t, ctx, missing), name)
				require.Equal(t, []string{"served", "verdicts", "charts", "limits", "all", "code", "repeat"},
					evaluate[[]string](t, ctx, `[...document.querySelectorAll("main > section")].map(s => s.id)`), name)
				require.GreaterOrEqual(t, evaluate[int](t, ctx, `document.querySelectorAll("figure").length`), 9, name)
				if *screenshots != "" {
					picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					require.NoError(t, err)
					require.NoError(t, os.WriteFile(filepath.Join(*screenshots, name+".png"), picture, 0o644))
				}
				// What is folded has room as well.
				evaluate[int](t, ctx, `document.querySelectorAll("details").forEach(d => d.open = true), 0`)
				require.Empty(t, evaluate[[]string](t, ctx, overflow), "unfolded, %s", name)
			}
		}
	}
	seen.none(t)
}

// A line goes and comes back by its box, from the keyboard and without a script.
func TestLinesAreChosenByKeyboard(t *testing.T) {
	ctx := browser(t)
	var b bytes.Buffer
	require.NoError(t, Write("html", &b, quick(t)))
	file := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(file, b.Bytes(), 0o644))
	_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(t, err)
	require.NoError(t, chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900),
		chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String()), chromedp.WaitVisible(chromedp.CSS("#show-s1"))))
	shown := func() bool {
		return evaluate[bool](t, ctx, `document.querySelector("#spectrum .wide .series.s1").getClientRects().length > 0`)
	}
	require.True(t, shown())
	require.NoError(t, chromedp.Do(ctx, chromedp.Focus(chromedp.CSS("#show-s1")), chromedp.KeyEvent(" ")))
	require.False(t, shown())
	require.NoError(t, chromedp.Do(ctx, chromedp.KeyEvent(" ")))
	require.True(t, shown())
}
