package cmd

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"socketbench/experiments/report/wrap"
	"socketbench/experiments/watch"
)

// performOnKey plays the scene to one server after the other, each when a key is pressed, and at the end shows all of them side
// by side. Each play stays on the screen until its viewer ends it.
func (w *watching) performOnKey(ctx context.Context, _ bool) error {
	for i := range w.seen {
		if w.seen[i].Unplayed != "" {
			continue
		}
		goes, err := w.key(ctx, "any key plays "+w.scene.Name+" to "+watch.Title(w.seen[i])+"; q leaves")
		if err != nil {
			return err
		}
		if !goes && !w.over {
			return &doesNotHold{errors.New("watch: left before the scene was played")}
		}
		if !goes {
			w.seen[i].Unplayed = "the viewer left before"
			continue
		}
		one := &watching{app: w.app, scene: w.scene, names: w.names[i : i+1], seen: []watch.Performance{w.seen[i]}}
		one.scene.Teaches, one.scene.Read = "", nil // they are about all of them
		if err := one.perform(ctx, false); err != nil {
			return err
		}
		w.seen[i] = one.seen[0]
		w.over, w.took, w.ended = true, max(w.took, one.took), w.ended || one.ended
	}
	if len(w.seen) > 1 {
		lipgloss.Fprintln(w.stdout, w.final(w.width()))
	}
	return nil
}

// key waits for a key. It reports false if the viewer wants to leave.
func (w *watching) key(ctx context.Context, text string) (bool, error) {
	out, in, _ := w.terminal()
	last, cut, err := interact(ctx, keyModel{text: text, size: w.width()}, in, out)
	m, _ := last.(keyModel)
	return m.pressed && !cut, err
}

// keyModel waits for a key.
type keyModel struct {
	text          string
	size          int
	pressed, done bool
}

// Init waits.
func (m keyModel) Init() tea.Cmd { return nil }

// Update ends at a key.
func (m keyModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.size = msg.Width
	case tea.KeyPressMsg:
		key := msg.String()
		m.pressed, m.done = key != "q" && key != "ctrl+c" && key != "esc", true
		return m, tea.Quit
	}
	return m, nil
}

// View says which key does what.
func (m keyModel) View() tea.View {
	if m.done {
		return tea.NewView("")
	}
	return tea.NewView(paint("title", strings.Join(wrap.Words(m.text, max(m.size, 1)), "\n")) + "\n")
}
