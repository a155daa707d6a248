// Package browser opens pages in a headless Chromium, for tests of code that writes HTML. A page must fit the width of
// a desk and of a telephone, in light and in dark, with its script and without it, and must send no request to any host.
package browser

import (
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

var screenshots = flag.String("screenshots", "", "a folder for pictures of the pages, to be looked at")

// watchdog ends a test whose browser hangs. It is long, because a busy machine may need a minute for what an idle one
// does in five seconds.
const watchdog = 5 * time.Minute

// Page is an open page. It notes what a page must not do.
type Page struct {
	context.Context
	t      testing.TB
	self   string
	folder string // whose files the page may use; "": none
	mu     sync.Mutex
	faults []string
}

// Browser is a running Chromium.
type Browser struct{ context.Context }

// Start starts a browser, which ends with the test. It skips the test where no Chromium is installed.
func Start(t testing.TB) Browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox,
		chromedp.WSURLReadTimeout(watchdog), chromedp.UserDataDir(t.TempDir()))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx)) // without a timeout, whose end would end the browser
	return Browser{ctx}
}

// Open writes html to a file and opens a tab for it, without showing it yet. The tab is closed with the test.
func (b Browser) Open(t testing.TB, html []byte) *Page {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.WriteFile(file, html, 0o644))
	return b.open(t, file)
}

// OpenFile opens a tab for a page of a folder, whose other files it may use. The tab is closed with the test.
func (b Browser) OpenFile(t testing.TB, folder, file string) *Page {
	t.Helper()
	p := b.open(t, filepath.Join(folder, file))
	p.folder = address(folder) + "/"
	return p
}

func address(file string) string { return (&url.URL{Scheme: "file", Path: file}).String() }

func (b Browser) open(t testing.TB, file string) *Page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b)
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Do(ctx))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	ctx, end := context.WithTimeout(ctx, watchdog)
	t.Cleanup(end)
	p := &Page{Context: ctx, t: t, self: address(file)}
	require.NoError(t, chromedp.Listen(ctx, p.event))
	return p
}

func chromium(t testing.TB) string {
	t.Helper()
	// The first draws no windows, and takes half the time.
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	t.Skip("needs Chromium (Debian: apt-get install chromium-headless-shell)")
	return ""
}

// event notes errors of the page, and requests to any host.
func (p *Page) event(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		p.faults = append(p.faults, "console: "+string(e.Type))
	case *runtime.EventExceptionThrown:
		p.faults = append(p.faults, "exception: "+e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		p.faults = append(p.faults, "log: "+e.Entry.Text)
	case *network.EventRequestWillBeSent:
		if u, _, _ := strings.Cut(e.Request.URL, "#"); u != p.self && u != "about:blank" && !strings.HasPrefix(u, "data:") &&
			(p.folder == "" || !strings.HasPrefix(u, p.folder)) {
			p.faults = append(p.faults, "request: "+e.Request.URL)
		}
	}
}

// Faultless fails the test if the page had an error or sent a request to any host.
func (p *Page) Faultless() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	require.Empty(p.t, p.faults)
}

// Script turns the page's own script on or off, from the next Show on.
func (p *Page) Script(on bool) {
	p.t.Helper()
	_, err := chromedp.Call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	require.NoError(p.t, err)
}

// Show loads the page anew, with a part of its address such as "#a..b" or "", and returns once what the
// CSS selector names is visible.
func (p *Page) Show(hash, selector string) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p, chromedp.Navigate("about:blank"), chromedp.Navigate(p.self+hash),
		chromedp.WaitVisible(chromedp.CSS(selector))))
}

// Evaluate runs a script in the page and returns its value.
func Evaluate[T any](p *Page, script string) T {
	p.t.Helper()
	value, err := chromedp.Run(p, chromedp.Evaluate[T](script))
	require.NoError(p.t, err, script)
	return value
}

// View is one way to look at a page.
type View struct {
	Name   string
	Width  int64
	Script bool
}

// EachView shows the page in every way and calls check for each. Nothing may be wider than the window, whether details
// are folded or open. With -screenshots it keeps a picture of each view.
func (p *Page) EachView(name, hash, selector string, check func(View)) {
	p.t.Helper()
	for _, script := range []bool{true, false} {
		p.Script(script)
		p.Show(hash, selector)
		for _, width := range widths {
			p.Window(width, height)
			for _, scheme := range []string{"light", "dark"} {
				p.colours(scheme)
				v := View{fmt.Sprintf("%s-%s-%d-script-%v", name, scheme, width, script), width, script}
				require.Empty(p.t, Evaluate[[]string](p, overflow), v.Name)
				check(v)
				p.picture(v)
			}
		}
		Evaluate[int](p, `document.querySelectorAll("details").forEach(d => d.open = true), 0`)
		for _, width := range widths {
			p.Window(width, height)
			require.Empty(p.t, Evaluate[[]string](p, overflow), "unfolded, %s-%d-script-%v", name, width, script)
		}
	}
	p.Faultless()
}

// widths of a desk and of a telephone, and the height of both, in pixels.
var widths = []int64{1280, 390}

const height = 900

// colours tells the page that the reader prefers light or dark colours.
func (p *Page) colours(scheme string) {
	p.t.Helper()
	_, err := chromedp.Call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	require.NoError(p.t, err)
	require.True(p.t, Evaluate[bool](p, fmt.Sprintf(`matchMedia("(prefers-color-scheme: %s)").matches`, scheme)))
}

// Media shows the page as it is on "print" or on "screen".
func (p *Page) Media(media string) {
	p.t.Helper()
	_, err := chromedp.Call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media})
	require.NoError(p.t, err)
	require.True(p.t, Evaluate[bool](p, fmt.Sprintf(`matchMedia("%s").matches`, media)))
}

// Window sets the size of the page's window.
func (p *Page) Window(width, height int64) {
	p.t.Helper()
	require.NoError(p.t, chromedp.Do(p, chromedp.EmulateViewport(width, height)))
	require.Eventually(p.t, func() bool { return Evaluate[int64](p, `innerWidth`) == width }, watchdog, time.Millisecond)
}

// tallest is the greatest height of a picture, in pixels. A longer page is cut off there.
const tallest = 12000

func (p *Page) picture(v View) {
	if *screenshots == "" {
		return
	}
	p.t.Helper()
	tall := min(Evaluate[int64](p, `document.documentElement.scrollHeight`), tallest)
	p.Window(v.Width, tall)
	picture, err := chromedp.Run(p, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	require.NoError(p.t, os.WriteFile(filepath.Join(*screenshots, v.Name+".png"), picture, 0o644))
	p.Window(v.Width, height)
}

// overflow lists elements that are wider than the window, except those that scroll inside a frame, and words that run out
// of their chart.
const overflow = `[...document.querySelectorAll("body *")].filter(e => e.getClientRects().length &&
	!e.closest(".scroll, pre, .skip") && e.getBoundingClientRect().right > innerWidth + 1)
	.map(e => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 40)).slice(0, 5)
	.concat(document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : [])
	.concat([...document.querySelectorAll("figure svg text")].filter(e => { if (!e.getClientRects().length) return false;
		const t = e.getBoundingClientRect(), s = (e.closest(".chart") || e.ownerSVGElement).getBoundingClientRect();
		return t.right > s.right + 1 || t.left < s.left - 1 || t.bottom > s.bottom + 1 || t.top < s.top - 1 })
		.map(e => "out of its picture: " + e.textContent).slice(0, 9))`
