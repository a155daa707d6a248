package cmd

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"socketbench/experiments/report/lanes"
	"socketbench/experiments/watch"
	"socketbench/servers/foreign"
	"socketbench/servers/upper"
)

// Widths in columns: of a panel, of the narrowest panel if the screen is too low for one above the other, of the space
// between them, and of the text without a terminal.
const (
	panelWidth  = 64
	panelLeast  = 36
	panelGutter = 3
	plainWidth  = 100
)

// picture draws what was seen until a moment of the scene.
func (w *watching) picture(until time.Duration) lanes.Picture {
	w.mu.Lock()
	defer w.mu.Unlock()
	return watch.Draw(w.scene, w.seen, until)
}

// whole is the picture of the scene when it is over.
func (w *watching) whole() lanes.Picture {
	w.mu.Lock()
	defer w.mu.Unlock()
	return watch.DrawWhole(w.scene, w.seen, w.end())
}

// columns is how many panels stand side by side if the screen is high enough.
func (w *watching) columns(width int) int {
	columns := min(max(width/panelWidth, 1), len(w.names))
	if columns == 3 && len(w.names) == 4 {
		columns = 2
	}
	return columns
}

// body is a picture as text, with columns panels side by side.
func body(p lanes.Picture, width, columns int) string {
	if columns == 1 {
		return p.Body(width, paint)
	}
	each := (width - panelGutter*(columns-1)) / columns
	p = p.Titled(each)
	var rows []string
	for i := 0; i < len(p.Panels); i += columns {
		var row []string
		for _, panel := range p.Panels[i:min(i+columns, len(p.Panels))] {
			one := p
			one.Panels = []lanes.Panel{panel}
			row = append(row, lipgloss.NewStyle().Width(each).Render(one.Body(each, paint)), strings.Repeat(" ", panelGutter))
		}
		rows = append(rows, trimmed(lipgloss.JoinHorizontal(lipgloss.Top, row[:len(row)-1]...)))
	}
	return strings.Join(rows, "\n") + "\n"
}

// trimmed is s without the blanks that end its lines.
func trimmed(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// heading is the scene's name and its question.
func (w *watching) heading(width int) string {
	text := paint("title", w.scene.Name) + ": " + w.scene.Question
	if told := w.scene.Config.String(); told != "" {
		text += paint("soft", " ("+told+")")
	}
	return wrapped(text, width)
}

// wrapped is s in lines that fit the width and are pleasant to read.
func wrapped(s string, width int) string {
	return trimmed(lipgloss.NewStyle().Width(min(width, plainWidth)).Render(s))
}

// final is the last frame, with a sentence on each server and what the scene teaches.
func (w *watching) final(width int) string {
	var b strings.Builder
	p := w.whole()
	fmt.Fprintf(&b, "%s\n\n", w.heading(width))
	b.WriteString(body(p, width, w.columns(width)))
	b.WriteString(p.Legend(width, paint))
	b.WriteByte('\n')
	w.mu.Lock()
	if w.ended {
		fmt.Fprintf(&b, "ended by hand after %.1f of %.1f s\n", w.took.Seconds(), w.scene.Lasts.Seconds())
	}
	for _, perf := range w.seen {
		fmt.Fprintln(&b, wrapped(watch.Sentence(w.scene.Under(perf.Framing), perf), width))
		for i, line := range perf.Words {
			if i == 0 {
				b.WriteString("  its last words:\n")
			}
			fmt.Fprintln(&b, trimmed(lipgloss.NewStyle().MaxWidth(width).Render("  | "+line)))
		}
	}
	played := slices.ContainsFunc(w.seen, watch.Played)
	w.mu.Unlock()
	if !played {
		return strings.TrimRight(b.String(), "\n")
	}
	moral, command := w.moral()
	fmt.Fprintf(&b, "\n%s\n", wrapped(moral+command, width))
	if r := w.scene.Read; len(r) == 2 {
		b.WriteString(wrapped(fmt.Sprintf("read them side by side: socketbench code %s %s", r[0], r[1]), width))
	}
	return b.String()
}

// moral is what the scene teaches, as far as the play showed it, and as a further sentence the command that shows the rest; ""
// where it showed all, or where that command was this one.
func (w *watching) moral() (text, command string) {
	w.mu.Lock()
	shown, missing := w.scene.Shown(w.seen)
	w.mu.Unlock()
	switch {
	case len(missing) == 0:
		return w.scene.Teaches, ""
	case len(shown) == 0:
		return "This play does not show what the scene is about.", w.showsIt("To see it")
	}
	return fmt.Sprintf("This play shows one half of what the scene is about: %s.", strings.Join(shown, ", ")),
		w.showsIt("To see where " + strings.Join(missing, ", and where "))
}

// showsIt names the command that shows what the scene is about, as a further sentence; "" where that was this one.
func (w *watching) showsIt(lead string) string {
	command := []string{"socketbench watch", foreign.ShellLine(w.asked)}
	played := slices.Equal(w.scene.Read, w.names)
	if len(w.scene.Framings) > 0 { // which no command sets side by side: the scene does, without servers
		played = slices.Equal(w.scene.Framings, w.framings())
	} else {
		command = append(command, w.scene.Read...)
	}
	if len(w.scene.Read) == 0 || played {
		return ""
	}
	return fmt.Sprintf(" %s: %s", lead, strings.Join(command, " "))
}

// framings are those under which the scene is played, server by server.
func (w *watching) framings() (list []upper.Framing) {
	for _, perf := range w.seen {
		list = append(list, perf.Framing)
	}
	return list
}

// end is the moment of the last frame: just after the scene's end, or when the viewer ended it.
func (w *watching) end() time.Duration { return min(w.took, w.scene.Lasts+time.Second) }

// terminal returns the terminal to draw on, if both ends are one.
func (w *watching) terminal() (out, in *os.File, ok bool) {
	out, seen := canDraw(w.stdout)
	in, typed := isTerminal(w.stdin)
	return out, in, seen && typed
}

// width is that of the terminal, or plainWidth without one.
func (w *watching) width() int {
	if columns, _ := terminal(w.stdout); columns > narrowest {
		return columns
	}
	return plainWidth
}

// styles are the terminal's own sixteen colours, so that they suit a dark and a light one.
var styles = map[string]lipgloss.Style{
	"title":         lipgloss.NewStyle().Bold(true),
	"soft":          lipgloss.NewStyle().Faint(true),
	"bad":           lipgloss.NewStyle().Foreground(lipgloss.Red),
	"lane-connect":  lipgloss.NewStyle().Faint(true),
	"lane-backlog":  lipgloss.NewStyle().Foreground(lipgloss.Red),
	"lane-silent":   lipgloss.NewStyle().Faint(true),
	"lane-wait":     lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	"lane-serve":    lipgloss.NewStyle().Foreground(lipgloss.Green),
	"mark-answered": lipgloss.NewStyle().Foreground(lipgloss.Green).Bold(true),
	"mark-sent":     lipgloss.NewStyle().Bold(true),
	"mark-refused":  lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
	"mark-reset":    lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
	"mark-part":     lipgloss.NewStyle().Foreground(lipgloss.Green),
	"mark-lost":     lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
}

// paint colours a run of a picture.
func paint(class, s string) string {
	if style, ok := styles[class]; ok {
		return style.Render(s)
	}
	return s
}
