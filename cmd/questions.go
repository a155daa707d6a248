package cmd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"charm.land/lipgloss/v2"

	"socketbench/experiments/guess"
	"socketbench/experiments/report/wrap"
	"socketbench/experiments/unit"
)

// questions are asked before something happens: of one person, or of a class that votes.
type questions struct {
	command string // that asks
	left    error  // of somebody who leaves while they are asked
	lines   []guess.Line
	votes   []guess.Votes // of each line
	class   bool          // a class votes; else one person guesses
	apart   bool          // each question is shown alone, with choices of its own
	echoed  bool          // who answers sees the answer, because a terminal shows what is typed
}

func newQuestions(command, left string, lines []guess.Line, class bool) questions {
	return questions{command: command, left: &doesNotHold{errors.New(left)}, lines: lines, class: class,
		apart: class, votes: make([]guess.Votes, len(lines))}
}

// put asks. On a terminal a key answers; elsewhere, and if the output is for another program, the answers are lines of the input.
// about is what there is to know first, in so many columns.
func (q *questions) put(ctx context.Context, a *app, quiet bool, about func(width int) string) error {
	out, seen := canDraw(a.stdout)
	in, typed := isTerminal(a.stdin)
	if seen && typed && !quiet {
		width, _ := terminal(out)
		width = max(width, narrowest)
		lipgloss.Fprintln(a.stdout, about(width))
		return q.screen(ctx, width, in, out)
	}
	lipgloss.Fprintln(a.stderr, about(plainWidth))
	if !q.apart || q.class {
		lipgloss.Fprintln(a.stderr, q.lines[0].Asks+"\n"+choicesOf(q.lines[0], plainWidth))
	}
	q.echoed = typed // by the terminal, with the line's end
	return q.read(ctx, bufio.NewReader(a.stdin), a.stderr)
}

// hanging is a text behind its head, which stands in the first line only. It ends with a line end. A head that leaves too little
// room has a line of its own.
func hanging(head, text string, width int) string {
	width = max(min(width, plainWidth), 1)
	indent := wrap.Width(head)
	if width-indent < min(wrap.Width(text), 24) {
		head, indent = strings.TrimRight(head, " ")+"\n    ", 4
	}
	return head + strings.Join(wrap.Words(text, width-indent), "\n"+strings.Repeat(" ", indent)) + "\n"
}

// choicesOf says what each choice means.
func choicesOf(l guess.Line, width int) string {
	var b strings.Builder
	words := 0
	for i := range l.Choices {
		words = max(words, wrap.Width(l.Word(guess.Answer(i+1))))
	}
	for i, c := range l.Choices {
		b.WriteString(strings.TrimRight(hanging("  "+wrap.Pad(l.Word(guess.Answer(i+1)), words)+"  ", c.Means, width), " \n") + "\n")
	}
	return b.String()
}

// read asks each question in a line of its own. A line may answer several at once, but for the votes of a class.
func (q *questions) read(ctx context.Context, in *bufio.Reader, prompt io.Writer) error {
	for i := 0; i < len(q.lines); {
		fmt.Fprintf(prompt, "%s (%s): ", q.lines[i].About(), q.lines[i].Keys())
		text, err := readLine(ctx, in)
		if err != nil && text == "" {
			fmt.Fprintln(prompt)
			if errors.Is(err, io.EOF) {
				return fmt.Errorf("%s: the input ended after %d of %s; each question wants the number of a choice, or - to be left out",
					q.command, i, unit.Many(len(q.lines), "answer"))
			}
			return err
		}
		if !q.echoed {
			fmt.Fprintln(prompt, text)
		}
		votes := []guess.Votes{{}}
		if q.class {
			votes[0], err = guess.ParseVotes(text)
		} else {
			votes, err = guess.ParseGuesses(text)
		}
		if left := len(q.lines) - i; err == nil && len(votes) > left {
			err = fmt.Errorf("%d answers are too many; %d are left", len(votes), left)
		}
		for k := 0; err == nil && k < len(votes); k++ {
			if l := q.lines[i+k]; !l.Takes(votes[k]) {
				err = fmt.Errorf("%s: there are only %s", l.About(), l.Keys())
			}
		}
		if err != nil {
			fmt.Fprintln(prompt, err)
			continue
		}
		i += copy(q.votes[i:], votes)
	}
	fmt.Fprintln(prompt)
	return nil
}

// readLine reads a line without its end, unless ctx ends first. What the goroutine then still waits for ends with the process.
func readLine(ctx context.Context, in *bufio.Reader) (string, error) {
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := in.ReadString('\n')
		read <- line{strings.TrimRight(text, "\r\n"), err}
	}()
	select {
	case l := <-read:
		return l.text, l.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// mark is one line with its guess, or with the votes of a class.
func (q *questions) mark(m guess.Marked, names, width int) string {
	seen := m.Truth.Why
	if m.Truth.Answer != 0 {
		seen = m.Word(m.Truth.Answer) + ": it " + m.Truth.Why
	}
	head := "  " + wrap.Pad(m.Name, names) + "  "
	if q.class {
		return hanging("  "+head, seen, width) + bars(m.Line, m.Votes, m.Truth.Answer, width)
	}
	you := "you left it out; seen: "
	switch own := m.Guess(); {
	case own == 0:
	case own == m.Truth.Answer:
		you = ""
	default:
		you = "you said " + m.Word(own) + "; seen: "
	}
	return hanging("  "+signOf(m)+head[1:], you+seen, width)
}

// signOf says in one sign whether a guess is right. A – stands for what was not guessed, and for what cannot be told.
func signOf(m guess.Marked) string {
	switch own := m.Guess(); {
	case own == 0 || m.Truth.Answer == 0:
		return paint("soft", "–")
	case own == m.Truth.Answer:
		return paint("mark-answered", "✓")
	}
	return paint("bad", "✗")
}
