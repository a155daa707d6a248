package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"socketbench/experiments/guess"
	"socketbench/experiments/quote"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// foretelling is what somebody says of an experiment's predictions before it is measured. It is kept in this process only.
type foretelling struct {
	questions
	about []guess.Prediction
}

// checkAsk refuses to ask where nothing is measured from its beginning, or where more than one experiment is.
func (f runFlags) checkAsk() error {
	switch {
	case !f.ask:
	case f.resume != "":
		return errors.New("run: --resume continues a run of which some trials are known; leave out --ask")
	case f.dry, f.print:
		return errors.New("run: --ask marks guesses by what is measured; leave it out with --dry-run and --print")
	}
	return nil
}

// askFirst asks what will be measured, before anything is.
func (a *app) askFirst(ctx context.Context, o order) (*foretelling, error) {
	if len(o.asks) != 1 {
		return nil, fmt.Errorf("run: --ask asks about one experiment; name one of the %d", len(o.asks))
	}
	e := o.asks[0].plan.Experiment
	t := &foretelling{about: guess.Predictions(e)}
	if len(t.about) == 0 {
		return nil, fmt.Errorf("run: %s predicts nothing of these servers that could be guessed; leave out --ask", e.Name)
	}
	lines := make([]guess.Line, len(t.about))
	for i, p := range t.about {
		lines[i] = p.Line
	}
	t.questions = newQuestions("run", "run: left before anything was measured", lines, false)
	t.apart = true
	return t, t.put(ctx, a, false, func(width int) string { return asksOf(e, width) })
}

// asksOf is the head of the questions about an experiment.
func asksOf(e spec.Experiment, width int) string {
	text := paint("title", e.Name) + ": " + quote.Lines(e.Question)
	return wrapped(text, width) + "\n\n" + wrapped("What will be measured? Your guesses are marked at the end and are stored nowhere.", width) + "\n"
}

// sideBySide shows each guess with what was predicted and with what was measured.
func (t *foretelling) sideBySide(analysis verdict.Analysis, width int) string {
	var b strings.Builder
	fmt.Fprintln(&b, paint("title", "your guesses, the predictions and the measurement"))
	var marked []guess.Marked
	for i, p := range t.about {
		if p.Index >= len(analysis.Predictions) {
			continue
		}
		outcome := analysis.Predictions[p.Index]
		m := guess.Marked{Line: p.Line, Votes: t.votes[i], Truth: p.Truth(outcome)}
		marked = append(marked, m)
		you := "left out"
		if own := m.Guess(); own != 0 {
			you = m.Word(own)
		}
		seen := string(outcome.Word)
		if m.Truth.Answer != 0 {
			seen = m.Word(m.Truth.Answer)
		}
		b.WriteByte('\n')
		b.WriteString(hanging(signOf(m)+" ", p.Name, width))
		b.WriteString(hanging("  you        ", you, width))
		b.WriteString(hanging("  predicted  ", m.Word(p.Expected), width))
		b.WriteString(hanging("  measured   ", seen+". "+m.Truth.Why, width))
	}
	fmt.Fprintf(&b, "\n%s", paint("title", guess.Score(marked, "guess")))
	if n := undecided(marked); n > 0 {
		fmt.Fprintf(&b, "; the measurement leaves %s open", unit.Many(n, "question"))
	}
	return b.String()
}

// undecided counts the guesses that the measurement cannot mark.
func undecided(marked []guess.Marked) (n int) {
	for _, m := range marked {
		if m.Truth.Answer == 0 && m.Guess() != 0 {
			n++
		}
	}
	return n
}

// told prints what became of the guesses.
func (t *foretelling) told(a *app, analysis verdict.Analysis) {
	width, _ := terminal(a.stdout)
	if width == 0 {
		width = plainWidth
	}
	lipgloss.Fprintln(a.stdout, "\n"+t.sideBySide(analysis, width))
}
