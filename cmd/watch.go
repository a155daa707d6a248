package cmd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"socketbench/experiments/scenes"
	"socketbench/experiments/watch"
	"socketbench/servers/address"
	"socketbench/servers/foreign"
	"socketbench/servers/suggest"
	"socketbench/servers/upper"
)

func (a *app) watch() *cobra.Command {
	var (
		svgFile string
		asJSON  bool
		repeat  int
		print   bool
		framing *upper.Framing
		asks    askFlags
	)
	c := &cobra.Command{
		Use:   "watch [SCENE] [SERVER...]",
		Short: "watch designs work: which clients are answered, and where the others wait",
		Long: "Watch starts up to four servers, unmodified, as child processes, plays the same scene on each, and shows what\n" +
			"the clients see and what the kernel reports about their connections. A scene is a built-in name or a .yaml\n" +
			"file, over connections or over datagrams (transport: udp); a server is a design, an address or\n" +
			"'COMMAND {port}'. A command has places for what the scene sets, such as {wait}, so that all servers do the same work;\n" +
			"over datagrams it needs none where it is the only server.\n\n" +
			"Keys: space stops the picture, arrow keys step, r plays it again, q quits.\n\n" +
			"With --ask you first say of each client whether it is answered, and about when; the scene then marks your guesses.\n" +
			"Where there is no terminal, the answers are lines of the input. --votes does the same with the hands of a class.\n\n" +
			"--print writes a built-in scene as a file to begin with; socketbench schema scene helps an editor with it.\n\n" + nameHelp,
		Example: "  socketbench watch silent sequential goroutine\n" +
			"  socketbench watch starvation pool goroutine --svg starvation.svg\n" +
			"  socketbench watch five-clients 'python3 mine.py {port} {wait}' goroutine\n" +
			"  socketbench watch --ask silent sequential goroutine\n" +
			"  socketbench watch --votes --on-key starvation pool goroutine\n" +
			"  socketbench watch --print silent > mine.yaml",
		Args:              arguments(0, 5),
		ValidArgsFunction: a.completeScene,
		RunE: func(c *cobra.Command, args []string) error {
			if err := aboveZero(c, "repeat"); err != nil {
				return err
			}
			if print {
				return a.printScene(args)
			}
			under := framing
			if !c.Flags().Changed("framing") {
				under = nil
			}
			w, err := a.newWatching(args, under)
			if err != nil {
				return err
			}
			if columns, _ := terminal(a.stdout); columns > 0 && !asJSON {
				if err := tooNarrow(columns); err != nil {
					return err
				}
			}
			if err := asks.check(a, repeat, asJSON); err != nil {
				return err
			}
			if repeat > 1 {
				return a.watchAgain(c.Context(), args, under, repeat)
			}
			var guesses *guessing
			if asks.any() {
				if guesses, err = w.ask(c.Context(), asks.votes, asJSON); err != nil {
					return err
				}
			}
			if svgFile != "" { // before anything is played
				unused, err := reserve(svgFile)
				if err != nil {
					return fmt.Errorf("watch: %w; choose another file with --svg", err)
				}
				defer unused()
			}
			perform := w.perform
			if asks.onKey {
				perform = w.performOnKey
			}
			if err := perform(c.Context(), asJSON); err != nil {
				return err
			}
			if svgFile != "" {
				svg := w.whole().SVG(2)
				if err := os.WriteFile(svgFile, []byte(svg), 0o644); err != nil {
					return fmt.Errorf("watch: %w", err)
				}
			}
			told := map[string]any{"scene": w.scene.Name, "performances": w.seen}
			switch {
			case guesses == nil:
			case asJSON:
				told["guesses"] = guesses.kind.Mark(w.scene, w.seen, guesses.lines, guesses.votes)
			default:
				lipgloss.Fprintln(a.stdout, "\n"+w.marks(guesses, w.width()))
			}
			if asJSON {
				if err := json.NewEncoder(a.stdout).Encode(told); err != nil {
					return err
				}
			}
			if !w.ended && (!allPlayed(w.seen) || anyDied(w.seen)) {
				return &doesNotHold{} // its sentence has been printed
			}
			return nil
		},
	}
	a.nameFlag(c)
	framing = framingFlag(c)
	asks.add(c)
	c.Flags().StringVar(&svgFile, "svg", "", "also write the final picture to `FILE`")
	c.Flags().BoolVar(&asJSON, "json", false, "print the events instead of a picture")
	c.Flags().BoolVar(&print, "print", false, "print the file of a built-in scene, comments included, and play nothing")
	c.Flags().IntVar(&repeat, "repeat", 1, "number of times to play the scene; also counts the final frames that are the same")
	return c
}

// printScene prints the file of a built-in scene.
func (a *app) printScene(args []string) error {
	if len(args) != 1 {
		return errors.New("watch: --print wants one scene (socketbench list scenes)")
	}
	src, err := scenes.Source(args[0])
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	_, err = a.stdout.Write(src)
	return err
}

// allPlayed reports whether each server had at least one client.
func allPlayed(seen []watch.Performance) bool {
	return !slices.ContainsFunc(seen, func(p watch.Performance) bool { return p.Unplayed == "" && !watch.Played(p) })
}

// anyDied reports whether a server ended during the scene, other than one that is known to: that is what it is shown for.
func anyDied(seen []watch.Performance) bool {
	return slices.ContainsFunc(seen, func(p watch.Performance) bool {
		return p.Died != "" && len(foreign.Faults(p.Server)) == 0
	})
}

// watchAgain plays a scene several times, shows each different final frame once, and says how many frames are the same.
func (a *app) watchAgain(ctx context.Context, args []string, under *upper.Framing, times int) error {
	frames := make(map[string]int)
	most := 0
	for i := range min(times, 1000) {
		w, err := a.newWatching(args, under)
		if err != nil {
			return err
		}
		if err := w.perform(ctx, true); err != nil {
			return err
		}
		if ctx.Err() != nil {
			times = i
			break
		}
		frame := w.final(plainWidth)
		if frames[frame]++; frames[frame] == 1 {
			lipgloss.Fprintln(a.stdout, frame+"\n")
		}
		most = max(most, frames[frame])
	}
	_, err := fmt.Fprintf(a.stdout, "%d of %d final frames are the same\n", most, times)
	return err
}

// watching is one scene played to some servers.
type watching struct {
	*app
	scene watch.Scene
	asked string // what names the scene: its name, or a file
	names []string

	mu    sync.Mutex
	start time.Time
	seen  []watch.Performance
	over  bool
	took  time.Duration // until it was over
	ended bool          // the viewer ended it
}

// newWatching reads the arguments: a scene, if the first one names one, then servers. The framing is the scene's own, unless
// another is given.
func (a *app) newWatching(args []string, under *upper.Framing) (*watching, error) {
	name := "" // none is named
	if len(args) > 0 {
		ext := strings.HasSuffix(args[0], ".yaml") || strings.HasSuffix(args[0], ".yml")
		_, sceneErr := scenes.Get(args[0])
		serverErr := a.isServer(args[0])
		if ext || sceneErr == nil || serverErr != nil && len(args) != 1 && !strings.ContainsAny(args[0], ":{") {
			name, args = args[0], args[1:]
		}
	}
	if len(args) == 1 {
		if err := a.isServer(args[0]); err != nil && name == "" {
			if !slices.Contains(a.registry.Names(), args[0]) && !address.Looks(args[0]) {
				return nil, fmt.Errorf("watch: %q is neither a scene nor a server%s (socketbench list scenes; socketbench list servers)",
					args[0], suggest.DidYouMean(args[0], slices.Concat(scenes.Names(), a.registry.Names(), a.commands.Names())))
			}
		}
	}
	name = cmp.Or(name, a.usualScene(args))
	scene, err := scenes.Get(name)
	if err != nil {
		return nil, err
	}
	if under != nil {
		scene = scene.Under(*under)
	}
	var framings []upper.Framing // of each panel
	switch {
	case len(args) > 0:
	case len(scene.Framings) > 0 && under == nil:
		framings = scene.Framings
		args = slices.Repeat(scene.Read[:1], len(framings))
	default:
		args = scene.Read
	}
	if len(args) == 0 || len(args) > 4 {
		return nil, fmt.Errorf("watch: %d servers; name one to four", len(args))
	}
	if err := a.allUsed("watch", args); err != nil {
		return nil, err
	}
	w := &watching{app: a, scene: scene, asked: name, names: args}
	for i, server := range args {
		own := scene.Config.Config
		if framings != nil {
			own.Protocol.Framing = framings[i]
		}
		if err := a.carried(server, scene); err != nil {
			return nil, err
		}
		unplayed, untold := a.unplayable(server, own), ""
		if a.playsUntold(server, own) && scene.Datagrams() && len(args) == 1 {
			unplayed, untold = "", unplayed
		}
		note, err := a.watchable(server)
		if err != nil && unplayed == "" {
			return nil, err
		}
		w.seen = append(w.seen, watch.Performance{Server: server, Command: a.commands[server], Note: note, Unplayed: unplayed, Untold: untold,
			Framing: own.Protocol.Framing})
	}
	if !slices.ContainsFunc(w.seen, func(p watch.Performance) bool { return p.Unplayed == "" }) {
		return nil, fmt.Errorf("watch: no server is left to play to: %s", w.seen[0].Unplayed)
	}
	return w, nil
}
