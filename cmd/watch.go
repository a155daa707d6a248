package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"socketbench/experiments/host"
	"socketbench/experiments/report/lanes"
	"socketbench/experiments/scenes"
	"socketbench/experiments/watch"
	"socketbench/servers"
)

// Columns that a panel needs to stand beside another, and the width where there is no terminal.
const (
	panelWidth = 64
	plainWidth = 100
)

func (a *app) watch() *cobra.Command {
	var (
		svgFile string
		asJSON  bool
	)
	c := &cobra.Command{
		Use:   "watch [SCENE] [SERVER...]",
		Short: "see designs work: who is answered, and who waits where",
		Long: "Watch starts up to four servers, unmodified, as child processes, plays the same scene to each, and shows what\n" +
			"its clients see and what the kernel says of their connections. A scene is a built-in name or a .yaml file; a\n" +
			"server is a design, an address or 'COMMAND {port}'. Keys: space stops the picture, arrow keys step, r plays\n" +
			"it again, q ends.",
		Example: "  socketbench watch silent sequential goroutine\n" +
			"  socketbench watch starvation pool goroutine --svg starvation.svg\n" +
			"  socketbench watch five-clients 'python3 mine.py {port}' goroutine",
		Args:              cobra.MaximumNArgs(5),
		ValidArgsFunction: a.completeScene,
		RunE: func(c *cobra.Command, args []string) error {
			w, err := a.newWatching(args)
			if err != nil {
				return err
			}
			if svgFile != "" { // before anything is played
				if err := os.WriteFile(svgFile, nil, 0o644); err != nil {
					return fmt.Errorf("watch: %w", err)
				}
			}
			if err := w.perform(c.Context(), asJSON); err != nil {
				return err
			}
			if svgFile != "" {
				svg := w.picture(w.end()).SVG(lanes.Options{Standalone: true, Columns: min(2, len(w.names)), Width: 1200})
				if err := os.WriteFile(svgFile, []byte(svg), 0o644); err != nil {
					return fmt.Errorf("watch: %w", err)
				}
			}
			if asJSON {
				return json.NewEncoder(a.stdout).Encode(map[string]any{"scene": w.scene.Name, "performances": w.seen})
			}
			return nil
		},
	}
	c.Flags().StringVar(&svgFile, "svg", "", "also write the final picture to this file")
	c.Flags().BoolVar(&asJSON, "json", false, "print the events instead of a picture")
	return c
}

// watching is one scene played to some servers.
type watching struct {
	*app
	scene watch.Scene
	names []string

	mu    sync.Mutex
	start time.Time
	seen  []watch.Performance
	over  bool
	took  time.Duration // until it was over
}

// newWatching understands the arguments: a scene, if the first one is, then servers.
func (a *app) newWatching(args []string) (*watching, error) {
	name := "silent"
	if len(args) > 0 {
		ext := strings.HasSuffix(args[0], ".yaml") || strings.HasSuffix(args[0], ".yml")
		_, sceneErr := scenes.Get(args[0])
		_, serverErr := a.watchable(args[0])
		if ext || sceneErr == nil || serverErr != nil && len(args) != 1 && !strings.ContainsAny(args[0], ":{") {
			name, args = args[0], args[1:]
		}
	}
	scene, err := scenes.Get(name)
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		args = scene.Read
	}
	if len(args) == 0 || len(args) > 4 {
		return nil, fmt.Errorf("watch: %d servers; name one to four", len(args))
	}
	w := &watching{app: a, scene: scene, names: args}
	for _, server := range args {
		note, err := a.watchable(server)
		if err != nil {
			return nil, err
		}
		if note == "" && host.Foreign(server) && !scene.Work.IsZero() && !strings.Contains(server, "{wait}") {
			note = "cannot take the scene's work: no {wait}"
		}
		w.seen = append(w.seen, watch.Performance{Server: server, Note: note})
	}
	return w, nil
}

// watchable reports whether a scene can be played to what was named; note is what a viewer must know.
func (a *app) watchable(server string) (note string, err error) {
	if host.Foreign(server) {
		return "", nil
	}
	if strings.Contains(server, "://") {
		at, err := servers.ParseAddress(server)
		if err == nil && at.Network == "udp" {
			err = errors.New("watch: a scene is played over connections; datagrams have none")
		}
		return "runs already: it has its own work", err
	}
	e, err := a.registry.Lookup(server)
	if err == nil && !e.Streams() {
		err = fmt.Errorf("watch: a scene is played over connections; %q answers datagrams", server)
	}
	return "", err
}

// perform starts the servers, plays the scene and shows it: redrawn on a terminal, at the end elsewhere.
func (w *watching) perform(ctx context.Context, quiet bool) error {
	launcher := host.NewLauncher()
	defer launcher.Close()
	stages := make([]stage, len(w.names))
	for i, name := range w.names {
		s, err := w.setUp(ctx, launcher, name)
		if err != nil {
			return &doesNotHold{err}
		}
		if s.server != nil {
			defer s.server.End()
		}
		w.seen[i].Kernel = watch.SeesKernel && s.address.Network == "tcp" && s.address.Loopback()
		stages[i] = s
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	played := make(chan struct{})
	w.start = time.Now()
	go func() {
		defer close(played)
		w.play(ctx, stages)
	}()
	if out, in, ok := w.terminal(); ok && !quiet {
		if err := w.screen(ctx, in, out); err != nil {
			return err
		}
	}
	select {
	case <-played:
	case <-ctx.Done():
	}
	cancel()
	<-played
	if !quiet {
		lipgloss.Fprintln(w.stdout, w.final(w.width()))
	}
	return nil
}

// stage is where a scene is played: a server started for it, or an address.
type stage struct {
	address servers.Address
	server  *host.Server // nil: it was there already
}

func (w *watching) setUp(ctx context.Context, launcher *host.Launcher, name string) (stage, error) {
	if strings.Contains(name, "://") && !host.Foreign(name) {
		at, err := servers.ParseAddress(name)
		return stage{address: at}, err
	}
	entry, _ := w.registry.Lookup(name) // a command of the user's has none
	server, err := launcher.Serve(ctx, host.Options{Launch: entry.Launch,
		Order: host.Order{Server: name, Config: w.scene.Work.Config()}})
	if err != nil {
		return stage{}, err
	}
	at, err := servers.ParseAddress(server.Address)
	return stage{address: at, server: server}, err
}

// play plays the scene to all servers at once.
func (w *watching) play(ctx context.Context, stages []stage) {
	var all sync.WaitGroup
	for i, s := range stages {
		var died <-chan struct{}
		if s.server != nil {
			died = s.server.Died()
		}
		all.Go(func() {
			watch.Play(ctx, w.scene, s.address, died, w.start, func(e watch.Event) {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.seen[i].Events = append(w.seen[i].Events, e)
			})
		})
	}
	all.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over, w.took = true, time.Since(w.start)
}

// picture draws what had been seen at a moment of the scene.
func (w *watching) picture(until time.Duration) lanes.Picture {
	w.mu.Lock()
	defer w.mu.Unlock()
	return watch.Draw(w.scene, w.seen, until)
}

// body is the picture as text: panels beside one another where there is room.
func (w *watching) body(until time.Duration, width int) string {
	p := w.picture(until)
	columns := min(max(width/panelWidth, 1), len(p.Panels))
	if columns == 3 && len(p.Panels) == 4 {
		columns = 2
	}
	if columns == 1 {
		return p.Body(width, paint)
	}
	each := (width - 3*(columns-1)) / columns
	var rows []string
	for i := 0; i < len(p.Panels); i += columns {
		var row []string
		for _, panel := range p.Panels[i:min(i+columns, len(p.Panels))] {
			one := p
			one.Panels = []lanes.Panel{panel}
			row = append(row, lipgloss.NewStyle().Width(each).Render(one.Body(each, paint)), "   ")
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

// final is the last frame, and what is to be taken away from it.
func (w *watching) final(width int) string {
	var b strings.Builder
	until := w.end()
	fmt.Fprintf(&b, "%s: %s\n\n", paint("title", w.scene.Name), w.scene.Question)
	b.WriteString(w.body(until, width))
	b.WriteString(w.picture(until).Legend(width, paint))
	b.WriteByte('\n')
	w.mu.Lock()
	for _, perf := range w.seen {
		fmt.Fprintln(&b, watch.Sentence(w.scene, perf))
	}
	w.mu.Unlock()
	fmt.Fprintf(&b, "\n%s\n", trimmed(lipgloss.NewStyle().Width(min(width, plainWidth)).Render(w.scene.Teaches)))
	if r := w.scene.Read; len(r) == 2 {
		fmt.Fprintf(&b, "read servers/%s.go beside servers/%s.go: socketbench code %s %s", r[0], r[1], r[0], r[1])
	}
	return b.String()
}

// end is the moment of the last frame: behind the scene's end, or where it was broken off.
func (w *watching) end() time.Duration { return min(w.took, w.scene.Lasts+time.Second) }

// terminal returns the terminal to draw on, if both ends are one.
func (w *watching) terminal() (out, in *os.File, ok bool) {
	out, ok1 := w.stdout.(*os.File)
	in, ok2 := w.stdin.(*os.File)
	ok = ok1 && ok2 && term.IsTerminal(int(out.Fd())) && term.IsTerminal(int(in.Fd()))
	return out, in, ok
}

// width is that of the terminal, or a fixed one.
func (w *watching) width() int {
	if out, _, ok := w.terminal(); ok {
		if width, _, err := term.GetSize(int(out.Fd())); err == nil && width > 20 {
			return width
		}
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
}

// paint colours a run of a picture.
func paint(class, s string) string {
	if style, ok := styles[class]; ok {
		return style.Render(s)
	}
	return s
}
