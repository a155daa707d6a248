package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socketbench/cmd"
	"socketbench/experiments/report"
	"socketbench/experiments/result"
)

// mostTurns bounds how often a run is continued.
const mostTurns = 1000

// inTurns are two runs of an experiment, or of "all" of them, that take turns.
type inTurns struct {
	dir, experiment string
	seed            uint64        // of the first run; the second has the next seed
	turn            time.Duration // after which a run is interrupted, as Ctrl-C does
	under           []string      // command that starts the second run; empty: nothing does
}

// pair carries out two runs in turns, and returns their directories, which are below p.dir.
func (b *bars) pair(p inTurns) ([]string, error) {
	var dirs []string
	for i := range uint64(2) {
		dirs = append(dirs, filepath.Join(p.dir, fmt.Sprintf("seed-%d", p.seed+i)))
	}
	for range mostTurns {
		left := 0
		for i, d := range dirs {
			done, err := finished(d)
			if err != nil {
				return nil, err
			}
			if done {
				continue
			}
			left++
			args := []string{"run", p.experiment, "--seed", fmt.Sprint(p.seed + uint64(i)), "--out", d}
			if begun(d) {
				args = []string{"run", "--resume", d}
			}
			under := p.under
			if i == 0 {
				under = nil
			}
			if err := b.turn(p.turn, under, args); err != nil {
				return nil, fmt.Errorf("%s: %w", strings.Join(args, " "), err)
			}
		}
		if left == 0 {
			return dirs, nil
		}
	}
	return nil, fmt.Errorf("agreement: the runs in %s were not finished in %d turns", p.dir, mostTurns)
}

// turn runs a command of socketbench in a process of its own, and interrupts it after a time. Ctrl-C, which reaches that
// process too, is an error.
func (b *bars) turn(most time.Duration, under, args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	words := slices.Concat(under, []string{self, asSocketbench}, args)
	c := exec.Command(words[0], words[1:]...)
	c.Stderr = b.stderr
	if err := c.Start(); err != nil {
		return err
	}
	over := time.AfterFunc(most, func() { c.Process.Signal(os.Interrupt) })
	defer over.Stop()
	err = c.Wait()
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	if c.ProcessState.ExitCode() == 1 { // it was interrupted, or a prediction was refuted
		return nil
	}
	return err
}

// asSocketbench is the verb with which this program is socketbench, so that another command can start that.
const asSocketbench = "socketbench"

func (b *bars) socketbench() *cobra.Command {
	return &cobra.Command{
		Use: asSocketbench, Hidden: true, DisableFlagParsing: true,
		Run: func(_ *cobra.Command, args []string) { os.Exit(cmd.Main(args, os.Stdin, io.Discard, b.stderr)) },
	}
}

// begun reports whether dir holds a run, or the beginning of one.
func begun(dir string) bool { return report.IsRun(dir) || result.IsWhole(dir) }

// finished reports whether the run in dir was measured to its end; of a run of several experiments, whether each was.
func finished(dir string) (bool, error) {
	dirs := []string{dir}
	if result.IsWhole(dir) {
		w, err := result.LoadWhole(dir)
		if err != nil {
			return false, err
		}
		dirs = nil
		for _, part := range w.Parts {
			dirs = append(dirs, filepath.Join(dir, part.Dir))
		}
	}
	for _, d := range dirs {
		if !report.IsRun(d) {
			return false, nil
		}
		r, err := result.Load(d)
		if err != nil {
			return false, err
		}
		if r.Manifest.Finished.IsZero() {
			return false, nil
		}
	}
	return true, nil
}
