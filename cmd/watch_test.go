package cmd

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/require"

	"socketbench/experiments/watch"
	"socketbench/servers"
)

// seenBy is a viewer's screen of the scene, over, with every client answered 100 ms after it asked. At the first server they ask so
// far apart that their waits came one after the other, at the others so near that they overlapped.
func seenBy(t *testing.T, size, rows int, names ...string) screenModel {
	a := &app{stdout: io.Discard, stderr: io.Discard, registry: servers.All()}
	w, err := a.newWatching(append([]string{"five-clients"}, names...), nil)
	require.NoError(t, err)
	for i := range w.seen {
		for client := range w.scene.Clients {
			apart := 400
			if i > 0 {
				apart = 100
			}
			asked := time.Duration(100+apart*client) * time.Millisecond
			w.seen[i].Events = append(w.seen[i].Events,
				watch.Event{Client: client, At: asked, What: watch.Connected},
				watch.Event{Client: client, At: asked, What: watch.Sent, Bytes: 5},
				watch.Event{Client: client, At: asked + 100*time.Millisecond, What: watch.Received, Bytes: 5},
				watch.Event{Client: client, At: asked + 100*time.Millisecond, What: watch.Answered})
		}
	}
	w.over, w.took = true, w.scene.Lasts
	return screenModel{watching: w, size: size, rows: rows, held: true, at: w.scene.Lasts}
}

func TestTheScreenFitsItsTerminal(t *testing.T) {
	four := []string{"sequential", "goroutine", "pool", "deadline"}
	for _, c := range []struct {
		size, rows int
		names      []string
	}{{80, 40, four[:2]}, {80, 24, four[:2]}, {80, 24, four}, {50, 24, four[:2]}, {100, 40, four[:1]}, {160, 40, four}, {200, 50, four[:3]}, {60, 40, four[:2]}} {
		t.Run(fmt.Sprintf("%dx%d with %d", c.size, c.rows, len(c.names)), func(t *testing.T) {
			screen := seenBy(t, c.size, c.rows, c.names...)
			view := screen.View().Content
			require.LessOrEqual(t, lipgloss.Height(view), c.rows, view)
			require.LessOrEqual(t, lipgloss.Width(view), c.size, view)
			for _, name := range c.names {
				require.Contains(t, view, name)
			}
			require.Equal(t, 5*len(c.names), strings.Count(view, "answered, 0.1 s"), view)
			moral := "The waits add up if one goroutine does them all"
			if len(c.names) == 1 {
				moral = "This play shows one half of what the scene is about: the waits add up."
			}
			require.Contains(t, strings.Join(strings.Fields(view), " "), moral)
		})
	}
}

// A screen that is too low for all lanes says how many rows they need.
func TestATerminalThatIsTooLowIsTold(t *testing.T) {
	screen := seenBy(t, 60, 12, "sequential", "goroutine", "pool", "deadline")
	view := screen.View().Content
	require.LessOrEqual(t, lipgloss.Height(view), 12, view)
	require.Regexp(t, `the whole picture needs \d+ rows, and the terminal has 12`, view)
}

// A moral about two halves is printed where both were seen. Else the frame says which was, and what shows the other.
func TestAMoralIsPrintedWhereAllOfItWasSeen(t *testing.T) {
	frame := func(names ...string) string {
		return strings.Join(strings.Fields(seenBy(t, 100, 40, names...).final(100)), " ")
	}
	both := frame("sequential", "goroutine")
	require.Contains(t, both, "The waits add up if one goroutine does them all, and overlap")
	require.NotContains(t, both, "one half")
	half := frame("goroutine")
	require.NotContains(t, half, "The waits add up if")
	require.Contains(t, half, "This play shows one half of what the scene is about: the waits add up. "+
		"To see where the waits overlap: socketbench watch five-clients sequential goroutine")
	require.NotContains(t, seenBy(t, 100, 40, "goroutine").View().Content, "socketbench watch", "that is for the final frame")
	neither := seenBy(t, 100, 40, "sequential")
	neither.seen[0].Events = neither.seen[0].Events[:4]
	require.Contains(t, neither.final(100), "This play does not show what the scene is about. To see it: socketbench watch five-clients")
}

func TestTheFinalFrameSaysWhoWaited(t *testing.T) {
	final := seenBy(t, 100, 40, "sequential", "goroutine").final(100)
	require.Contains(t, final, "sequential: answered ann, bob, cho, dan and eva; the longest wait was 0.1 s")
	require.Contains(t, final, "socketbench code sequential goroutine")
	for line := range strings.Lines(final) {
		require.LessOrEqual(t, lipgloss.Width(line), 100, line)
	}
}

// A server that dies in a scene is no success, and what it said stands under the picture, where it commands no terminal.
func TestWatchSaysHowAServerDied(t *testing.T) {
	program := `import socket, sys
c = socket.create_server(("127.0.0.1", int(sys.argv[1]))).accept()[0]
c.recv(1)
sys.exit("no \x1b[2J more")`
	path := filepath.Join(t.TempDir(), "dies.py")
	require.NoError(t, os.WriteFile(path, []byte(program), 0o600))
	needsPython(t)
	var out, errs strings.Builder
	require.Equal(t, exitNo, Main([]string{"watch", "five-clients", "python3 " + path + " {port} {wait}"}, nil, &out, &errs), errs.String())
	require.Contains(t, out.String(), "(exit status 1)")
	require.Contains(t, out.String(), "  its last words:\n  | no \\x1b[2J more\n")
	require.NotContains(t, out.String(), "\x1b")
	require.Equal(t, exitNo, Main([]string{"watch", "silent", "echo gone >&2; false {port}"}, nil, &out, &errs))
	require.Contains(t, errs.String(), "its last words:\n  | gone")
}

// A server that cannot be told the scene's work would show another scene: its panel says so instead.
func TestWatchPlaysNoSceneToAServerThatIsNotToldItsWork(t *testing.T) {
	var out, errs strings.Builder
	require.Equal(t, exitUsage, Main([]string{"watch", "five-clients", "false {port}"}, nil, &out, &errs))
	require.Contains(t, errs.String(), "no server is left to play to: the command is not told wait: 300ms; put {wait} in it")

	require.Equal(t, exitDone, Main([]string{"watch", "five-clients", "false {port}", "goroutine"}, nil, &out, &errs), errs.String())
	require.Contains(t, out.String(), "not played")
	require.Contains(t, strings.Join(strings.Fields(out.String()), " "), "false {port}: the scene was not played: the command is not told wait: 300ms; put {wait} in it")
	require.Contains(t, out.String(), "goroutine: answered ann, bob, cho, dan and eva")
}
