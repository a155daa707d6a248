package cmd

import (
	"io"
	"os"

	"golang.org/x/term"
)

// isTerminal reports whether a stream is a terminal, and returns its file.
func isTerminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	return f, ok && term.IsTerminal(int(f.Fd()))
}

// canDraw is isTerminal for a stream on which lines are drawn again: a dumb terminal cannot move its cursor.
func canDraw(stream any) (*os.File, bool) {
	f, ok := isTerminal(stream)
	return f, ok && os.Getenv("TERM") != "dumb"
}

// terminal returns the columns of w if it is a terminal, else 0, and whether to use colours
// on it (https://no-color.org).
func terminal(w io.Writer) (columns int, color bool) {
	f, ok := isTerminal(w)
	if !ok {
		return 0, false
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil || columns <= 0 {
		columns = 80
	}
	return columns, os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// liveWidth returns a function that reads the columns of the terminal w at each call, because a window may change its
// size. It returns nil if w is not a terminal, or one on which nothing can be drawn again.
func liveWidth(w io.Writer) func() int {
	if _, ok := canDraw(w); !ok {
		return nil
	}
	return func() int {
		columns, _ := terminal(w)
		if columns < 20 { // too narrow to draw in
			return 80
		}
		return columns
	}
}
