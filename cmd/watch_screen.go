package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"socketbench/experiments/report/lanes"
	"socketbench/experiments/watch"
)

// framePeriod is the time between two drawings.
const framePeriod = 40 * time.Millisecond

// screen shows the scene as it is played, until the viewer ends it.
func (w *watching) screen(ctx context.Context, in, out *os.File) error {
	_, _, err := interact(ctx, screenModel{watching: w, size: w.width(), shown: w.start}, in, out)
	return err
}

// interact shows a model on a terminal until it ends. cut says that it did not end by itself: it was interrupted, or ctx ended.
// last is the model as it was then.
func interact(ctx context.Context, m tea.Model, in, out *os.File) (last tea.Model, cut bool, err error) {
	last, err = tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithoutSignalHandler()).Run()
	if errors.Is(err, tea.ErrProgramKilled) || errors.Is(err, context.Canceled) || errors.Is(err, tea.ErrInterrupted) {
		return last, true, nil
	}
	return last, false, err
}

// screenModel shows the events up to a moment, which moves with the clock or is held.
type screenModel struct {
	*watching
	size  int           // columns
	rows  int           // 0: not known yet
	shown time.Time     // when the scene, or its replay, began
	held  bool          // the moment does not move
	at    time.Duration // the moment, while it is held
	ended bool          // the viewer has ended the scene: the final frame is printed in place of the screen
}

type redraw struct{}

func nextFrame() tea.Cmd { return tea.Tick(framePeriod, func(time.Time) tea.Msg { return redraw{} }) }

// Init starts the clock.
func (m screenModel) Init() tea.Cmd { return nextFrame() }

// moment is how much of the scene is shown.
func (m screenModel) moment() time.Duration {
	if m.held {
		return m.at
	}
	return time.Since(m.shown)
}

// Update takes a key, a new size or the next frame.
func (m screenModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case redraw:
		return m, nextFrame()
	case tea.WindowSizeMsg:
		m.size, m.rows = msg.Width, msg.Height
	case tea.KeyPressMsg:
		switch msg.String() {
		case "q", "ctrl+c", "esc", "enter":
			m.ended = true
			return m, tea.Quit
		case "space":
			if m.held {
				m.shown = time.Now().Add(-m.at)
			} else {
				m.at = min(m.moment(), m.scene.Lasts+time.Second)
			}
			m.held = !m.held
		case "right":
			m.at, m.held = m.neighbour(1), true
		case "left":
			m.at, m.held = m.neighbour(-1), true
		case "r":
			m.shown, m.held = time.Now(), false
		}
	}
	return m, nil
}

// neighbour is the moment of the next event, or of the previous one.
func (m screenModel) neighbour(direction int) time.Duration {
	now := min(m.moment(), m.scene.Lasts+time.Second)
	best := now
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, perf := range m.seen {
		for _, e := range perf.Events {
			ahead := direction > 0 && e.At > now && (best == now || e.At < best)
			behind := direction < 0 && e.At < now && (best == now || e.At > best)
			if ahead || behind {
				best = e.At
			}
		}
	}
	return best
}

// View draws the moment.
func (m screenModel) View() tea.View {
	if m.ended {
		return tea.NewView("")
	}
	at := m.moment()
	m.mu.Lock()
	over := m.over && at >= m.scene.Lasts
	m.mu.Unlock()
	if over {
		at = m.scene.Lasts + time.Second
	}
	state := fmt.Sprintf("%4.1f of %.1f s", min(at, m.scene.Lasts).Seconds(), m.scene.Lasts.Seconds())
	if m.held {
		state += ", stopped"
	}
	teaches := wrapped(m.scene.Teaches, m.size)
	if over {
		moral, _ := m.moral() // the final frame has the command
		teaches = wrapped(moral, m.size)
	}
	keys := paint("soft", wrapped(state+"   space stop   ← → step   r again   q end", m.size))
	f := m.fitted(at, strings.Count(teaches+keys, "\n")+2)
	if over {
		keys = teaches + "\n" + f.blank + keys
	}
	return tea.NewView(f.above + f.body + f.below + keys)
}

// layout is the part of the screen above its last lines.
type layout struct{ above, body, below, blank string }

func (f layout) height() int { return strings.Count(f.above+f.body+f.below+f.blank, "\n") }

// fitted is the picture for a screen of which the given number of lines is taken. It has as few panels side by side as the
// height allows; if it is still too high it has no blank lines, then no legend, which the final frame has, and then no
// question.
func (m screenModel) fitted(at time.Duration, taken int) (f layout) {
	least := m.columns(m.size)
	heading, signs := m.heading(m.size)+"\n", m.legend(m.picture(at)).Legend(m.size, paint)
	for _, f = range []layout{{heading + "\n", "", signs + "\n", "\n"}, {heading, "", signs, ""}, {heading, "", "", ""}, {}} {
		for columns := least; columns <= len(m.names) && (columns == least || m.size/columns >= panelLeast); columns++ {
			f.body = body(m.picture(at), m.size, columns)
			if f.height()+taken <= m.rows || m.rows == 0 {
				return f
			}
		}
	}
	// Still too high: the first lanes, and how many rows all of them need.
	lines := strings.SplitAfter(f.body, "\n")
	short := paint("bad", wrapped(fmt.Sprintf("the whole picture needs %d rows, and the terminal has %d", f.height()+taken, m.rows), m.size)) + "\n"
	f.body = strings.Join(lines[:min(max(m.rows-taken-strings.Count(short, "\n"), 1), len(lines))], "") + short
	return f
}

// tooNarrow says that a terminal has no room for a picture; nil if it has.
func tooNarrow(columns int) error {
	if columns >= panelLeast {
		return nil
	}
	return fmt.Errorf("watch: the terminal has %d columns, and a picture needs %d; make it wider, or write the picture to a file with --svg FILE.svg > FILE.txt", columns, panelLeast)
}

// legend has every sign that the scene can show, so that the screen does not jump when one appears, and those that stand in the
// picture besides.
func (w *watching) legend(picture lanes.Picture) lanes.Picture {
	w.mu.Lock()
	defer w.mu.Unlock()
	kernel := slices.ContainsFunc(w.seen, func(p watch.Performance) bool { return p.Kernel })
	picture.Panels = append(slices.Clone(picture.Panels), lanes.Panel{Lanes: []lanes.Lane{w.scene.Signs(kernel)}})
	return picture
}
