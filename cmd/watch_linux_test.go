package cmd

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/experiments/watch"
	"socketbench/servers"
)

// viewer is somebody at a terminal: what has been written to it so far, and a keyboard.
type viewer struct {
	keyboard, tty *os.File
	written       printed
}

func newViewer(t testing.TB) *viewer {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	fd := int(master.Fd())
	require.NoError(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}))
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	v := &viewer{keyboard: master, tty: tty}
	var reading sync.WaitGroup
	reading.Go(func() {
		io.Copy(&v.written, master) // until the last holder of the other end has closed it
	})
	t.Cleanup(func() { tty.Close(); reading.Wait(); master.Close() })
	return v
}

// at starts the screen of a scene in which nothing happens by itself; left is closed when it has gone.
func (v *viewer) at(t testing.TB) (w *watching, left <-chan struct{}) {
	a := &app{stdin: v.tty, stdout: v.tty, stderr: v.tty, registry: servers.All()}
	w, err := a.newWatching([]string{"silent", "goroutine"}, nil)
	require.NoError(t, err)
	w.start = time.Now()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if err := w.screen(context.Background(), v.tty, v.tty); err != nil {
			t.Error(err)
		}
	}()
	v.written.has(t, "space stop")
	return w, gone
}

func TestTheTerminalIsLeftAsItWas(t *testing.T) {
	for _, key := range []string{"q", "\x03"} {
		v := newViewer(t)
		before, err := unix.IoctlGetTermios(int(v.tty.Fd()), unix.TCGETS)
		require.NoError(t, err)
		_, left := v.at(t)
		_, err = v.keyboard.WriteString(key)
		require.NoError(t, err)
		<-left
		after, err := unix.IoctlGetTermios(int(v.tty.Fd()), unix.TCGETS)
		require.NoError(t, err)
		require.Equal(t, before, after, "key %q", key)
		v.written.has(t, "\x1b[?25h") // the cursor is there again
	}
}

// A dumb terminal cannot move its cursor, so what is redrawn elsewhere is printed there once, at the end.
func TestADumbTerminalIsNotDrawnOn(t *testing.T) {
	v := newViewer(t)
	for term, draws := range map[string]bool{"dumb": false, "xterm": true} {
		t.Setenv("TERM", term)
		w := &watching{app: &app{stdin: v.tty, stdout: v.tty}}
		_, _, ok := w.terminal()
		require.Equal(t, draws, ok, term)
		require.Equal(t, draws, liveWidth(v.tty) != nil, term)
		columns, _ := terminal(v.tty)
		require.Equal(t, 80, columns, "its width is known")
	}
}

// In a terminal without room for a picture nothing is played, and one sentence says what to do.
func TestANarrowTerminalIsTold(t *testing.T) {
	v := newViewer(t)
	require.NoError(t, unix.IoctlSetWinsize(int(v.tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 20}))
	var errs strings.Builder
	require.Equal(t, exitUsage, Main([]string{"watch", "silent"}, v.tty, v.tty, &errs))
	require.Contains(t, errs.String(), "the terminal has 20 columns, and a picture needs 36; make it wider")
	require.Equal(t, 1, strings.Count(errs.String(), "\n"))
}

// How long after an event the picture of it has reached the terminal; the bar is 100 ms. What the kernel is
// asked for comes up to 20 ms later. Run with -benchtime 50x.
func BenchmarkTheDisplayFollows(b *testing.B) {
	var worst, sum time.Duration
	n := 0
	for b.Loop() {
		v := newViewer(b)
		w, left := v.at(b)
		time.Sleep(rand.N(2 * framePeriod)) // at any phase of the drawing
		at := time.Now()
		w.mu.Lock()
		for _, what := range []watch.What{watch.Connected, watch.Refused} {
			w.seen[0].Events = append(w.seen[0].Events, watch.Event{Client: 1, At: at.Sub(w.start), What: what})
		}
		w.mu.Unlock()
		v.written.has(b, "refused") // no word of the legend
		delay := time.Since(at)
		worst, sum, n = max(worst, delay), sum+delay, n+1
		v.keyboard.WriteString("q")
		<-left
	}
	b.ReportMetric(float64(worst)/1e6, "worst-ms")
	b.ReportMetric(float64(sum)/1e6/float64(n), "mean-ms")
}
