package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"socketbench/experiments/guess"
	"socketbench/experiments/quote"
	"socketbench/experiments/report/wrap"
	"socketbench/experiments/watch"
)

// askFlags are those of a play that its viewers take part in.
type askFlags struct{ ask, votes, onKey bool }

func (f *askFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.ask, "ask", false, "ask first which client is answered, and when, and mark the guesses after the play")
	c.Flags().BoolVar(&f.votes, "votes", false, "ask a class: count its hands with the keys 1 to 3, and show the votes beside what was seen")
	c.Flags().BoolVar(&f.onKey, "on-key", false, "play the scene to one server after the other, each when a key is pressed")
}

func (f *askFlags) any() bool { return f.ask || f.votes }

// check refuses what cannot be asked or waited for.
func (f *askFlags) check(a *app, repeat int, asJSON bool) error {
	_, seen := canDraw(a.stdout)
	_, typed := isTerminal(a.stdin)
	switch {
	case f.any() && repeat > 1:
		return errors.New("watch: guesses are about one play; leave out --repeat, or --ask and --votes")
	case f.onKey && (repeat > 1 || asJSON):
		return errors.New("watch: --on-key is for somebody who looks on; leave it out with --repeat and --json")
	case f.onKey && !(seen && typed):
		return errors.New("watch: --on-key waits for a key, so it needs a terminal as its input and its output")
	}
	return nil
}

// guessing is what is asked before a scene is played, and what was answered.
type guessing struct {
	questions
	kind guess.Kind
}

// ask shows what is about to be played and asks what will be seen.
func (w *watching) ask(ctx context.Context, class, quiet bool) (*guessing, error) {
	g := &guessing{kind: guess.Of(w.scene)}
	g.questions = newQuestions("watch", "watch: left before the scene was played", guess.Lines(w.scene, w.seen), class)
	if len(g.lines) == 0 {
		return nil, fmt.Errorf("watch: nothing can be asked of %s: none of its clients waits for a reply", w.scene.Name)
	}
	return g, g.put(ctx, w.app, quiet, w.program)
}

// program is what there is to know before the play: the question, what each client does and when, and the designs.
func (w *watching) program(width int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", w.heading(width))
	names := 0
	for _, c := range w.scene.Clients {
		names = max(names, wrap.Width(c.Name))
	}
	for _, c := range w.scene.Clients {
		b.WriteString(hanging("  "+wrap.Pad(c.Name, names)+"  ", guess.Part(c), width))
	}
	b.WriteByte('\n')
	for _, perf := range w.seen {
		e, err := w.registry.Lookup(perf.Server)
		text := e.Idea
		switch {
		case perf.Unplayed != "":
			text = "not played: " + quote.Text(perf.Unplayed)
		case perf.Command != "":
			text = quote.Text(perf.Command)
		case err != nil:
			text = "a server of your own"
		}
		b.WriteString(hanging(watch.Title(perf)+": ", text, width))
	}
	return b.String()
}

// marks shows each guess beside what was seen.
func (w *watching) marks(g *guessing, width int) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	marked := g.kind.Mark(w.scene, w.seen, g.lines, g.votes)
	var b strings.Builder
	names := 0
	for _, m := range marked {
		names = max(names, wrap.Width(m.Name))
	}
	for i, m := range marked {
		if i == 0 || m.Server != marked[i-1].Server {
			b.WriteString(hanging(paint("title", m.At)+": ", w.because(m.Server), width))
		}
		b.WriteString(g.mark(m, names, width))
	}
	noun := "guess"
	if g.class {
		noun = "vote"
	}
	fmt.Fprintf(&b, "\n%s", paint("title", guess.Score(marked, noun)))
	return b.String()
}

// because says what it is in a server that decides how its clients fare.
func (w *watching) because(server int) string {
	perf := w.seen[server]
	e, err := w.registry.Lookup(perf.Server)
	if _, own := w.commands.Of(perf.Server); err != nil || own {
		return "nothing is known of its design, so the marks go by what was seen"
	}
	return guess.Why(w.scene, perf, e.Traits)
}
