package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"charm.land/lipgloss/v2"

	"socketbench/experiments/host"
	"socketbench/experiments/report"
	"socketbench/experiments/watch"
	"socketbench/servers/address"
)

// perform starts the servers, plays the scene and shows it: on a terminal it is redrawn, elsewhere it is shown at the end.
func (w *watching) perform(ctx context.Context, quiet bool) error {
	if err := w.build(w.names...); err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	launcher := new(host.Launcher)
	stages := make([]stage, len(w.names))
	for i, name := range w.names {
		if w.seen[i].Unplayed != "" {
			continue
		}
		s, err := w.setUp(ctx, launcher, name, w.played(i))
		if err != nil {
			return &doesNotHold{withLastWords(err)}
		}
		if s.server != nil {
			defer s.end()
		}
		w.seen[i].Kernel = watch.SeesKernel() && s.address.Network == "tcp" && s.address.Loopback()
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
		cancel()
	}
	<-played
	w.recordReads(ctx, stages)
	w.recordExits(stages)
	if !quiet {
		lipgloss.Fprintln(w.stdout, w.final(w.width()))
	}
	return nil
}

// stage is where a scene is played: a server started for it, or an address.
type stage struct {
	address address.Address
	server  *host.Server // nil: it ran already
	end     func() host.Ending
}

// played is the scene as it is played to a server.
func (w *watching) played(i int) watch.Scene { return w.scene.Under(w.seen[i].Framing) }

func (w *watching) setUp(ctx context.Context, launcher *host.Launcher, name string, scene watch.Scene) (stage, error) {
	entry, err := w.registry.Lookup(name) // a command of the user's has none
	command, own := w.commands.Of(name)
	if err != nil && address.Looks(name) && !own {
		at, err := address.Parse(name)
		return stage{address: at}, err
	}
	server, err := launcher.Serve(ctx, host.Options{Launch: entry.Launch,
		Job:   host.Job{Server: cmp.Or(command, name), Config: scene.Config.Config, Record: !scene.Datagrams(), Transport: scene.Transport},
		Hello: scene.Config.Protocol.Framing.Frame([]byte("a"))})
	if err != nil {
		return stage{}, err
	}
	at, err := address.Parse(server.Address)
	return stage{address: at, server: server, end: sync.OnceValue(server.End)}, err
}

// withLastWords adds the last words of a server that did not start to its error.
func withLastWords(err error) error {
	var start *host.StartError
	if !errors.As(err, &start) {
		return err
	}
	if words := report.LastWords(start.Stderr); len(words) > 0 {
		return fmt.Errorf("%w\nits last words:\n  | %s", err, strings.Join(words, "\n  | "))
	}
	return err
}

// recordReads asks the servers what they read. Over datagrams it does not, because which of them were read is seen by the replies.
func (w *watching) recordReads(ctx context.Context, stages []stage) {
	for i, s := range stages {
		if s.server == nil {
			continue
		}
		snapshot, own, err := s.server.Snapshot(ctx)
		if err != nil || !own || !snapshot.Recorded {
			continue
		}
		reads := make([]watch.Read, len(snapshot.Taken))
		for k, t := range snapshot.Taken {
			reads[k] = watch.Read{At: time.Duration(t.At - w.start.UnixNano()), Bytes: t.Bytes, Text: t.Text}
		}
		w.seen[i].Reads, w.seen[i].ReadsKnown = w.played(i).Assign(w.seen[i], reads), true
	}
}

// recordExits records how servers ended that ended during the scene.
func (w *watching) recordExits(stages []stage) {
	for i, s := range stages {
		if s.server == nil {
			continue
		}
		select {
		case <-s.server.Died():
			ending := s.end()
			w.seen[i].Died, w.seen[i].Words = cmp.Or(ending.Exit, "exit status 0"), report.LastWords(ending.Stderr)
		default:
		}
	}
}

// play plays the scene to all servers at once.
func (w *watching) play(ctx context.Context, stages []stage) {
	var all sync.WaitGroup
	for i, s := range stages {
		if w.seen[i].Unplayed != "" {
			continue
		}
		var died <-chan struct{}
		if s.server != nil {
			died = s.server.Died()
		}
		all.Go(func() {
			watch.Play(ctx, w.played(i), s.address, died, w.start, func(e watch.Event) {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.seen[i].Events = append(w.seen[i].Events, e)
			})
		})
	}
	all.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over, w.took, w.ended = true, time.Since(w.start), ctx.Err() != nil
}
