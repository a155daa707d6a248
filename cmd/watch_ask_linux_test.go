package cmd

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/servers"
)

// command starts a command at the viewer's terminal; its error is received when it has ended.
func (v *viewer) command(args ...string) <-chan error {
	a := &app{stdin: v.tty, stdout: v.tty, stderr: v.tty, registry: servers.All()}
	root := a.root()
	root.SetArgs(args)
	done := make(chan error, 1)
	go func() { done <- root.ExecuteContext(context.Background()) }()
	return done
}

func (v *viewer) types(t *testing.T, keys string) {
	_, err := v.keyboard.WriteString(keys)
	require.NoError(t, err)
}

// On a terminal one key is an answer, and the play follows the last one.
func TestAskedAtATerminal(t *testing.T) {
	v := newViewer(t)
	before, err := unix.IoctlGetTermios(int(v.tty.Fd()), unix.TCGETS)
	require.NoError(t, err)
	done := v.command("watch", "--ask", "--on-key", "silent", "goroutine")
	v.written.has(t, "ann at goroutine? 1 at once")
	v.types(t, "121\r") // bob and cho are asked about next, and Enter begins
	v.written.has(t, "any key plays silent to goroutine")
	v.types(t, "p")
	v.written.has(t, "2.5 of 2.5 s")
	v.types(t, "q")
	v.written.has(t, "of 3 guesses")
	require.NoError(t, <-done)
	after, err := unix.IoctlGetTermios(int(v.tty.Fd()), unix.TCGETS)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// Somebody who leaves while something is asked finds the terminal as it was, and nothing was played.
func TestTheTerminalIsLeftAsItWasWhileAsked(t *testing.T) {
	for _, c := range []struct {
		args []string
		sees string
	}{
		{[]string{"watch", "--ask", "silent", "goroutine"}, "ann at goroutine?"},
		{[]string{"watch", "--votes", "silent", "goroutine"}, "for each hand"},
		{[]string{"watch", "--on-key", "silent", "goroutine"}, "any key plays"},
		{[]string{"run", "--ask", "head-of-line"}, "1 of 5:"},
	} {
		for _, key := range []string{"q", "\x03"} {
			v := newViewer(t)
			before, err := unix.IoctlGetTermios(int(v.tty.Fd()), unix.TCGETS)
			require.NoError(t, err)
			done := v.command(c.args...)
			v.written.has(t, c.sees)
			v.types(t, key)
			require.ErrorContains(t, <-done, "left before")
			after, err := unix.IoctlGetTermios(int(v.tty.Fd()), unix.TCGETS)
			require.NoError(t, err)
			require.Equal(t, before, after, "%q", key)
			v.written.has(t, "\x1b[?25h") // the cursor is there again
		}
	}
}
