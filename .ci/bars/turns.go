package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"socketbench/cmd"
	"socketbench/experiments/report"
	"socketbench/experiments/result"
)

// mostTurns bounds how often a run is continued.
const mostTurns = 1000

// pair runs an experiment, or "all" of them, with two seeds below dir, and returns where. The runs take turns: one is
// interrupted after the time turn, and continued when the other has had its turn.
func (b *bars) pair(dir, experiment string, seed uint64, turn time.Duration) ([]string, error) {
	var dirs []string
	for i := range uint64(2) {
		dirs = append(dirs, filepath.Join(dir, fmt.Sprintf("seed-%d", seed+i)))
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
			args := []string{"run", experiment, "--seed", fmt.Sprint(seed + uint64(i)), "--out", d}
			if begun(d) {
				args = []string{"run", "--resume", d}
			}
			code, err := b.turn(turn, args)
			if err == nil && code > 1 {
				err = fmt.Errorf("exit code %d", code)
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", strings.Join(args, " "), err)
			}
		}
		if left == 0 {
			return dirs, nil
		}
	}
	return nil, fmt.Errorf("agreement: the runs in %s were not finished in %d turns", dir, mostTurns)
}

// turn runs a command, interrupts it after a time, as Ctrl-C does, and returns the exit code. A real Ctrl-C is an error.
func (b *bars) turn(most time.Duration, args []string) (int, error) {
	signals := make(chan os.Signal, 1) // without it a signal that comes when the command has just ended would end this process
	signal.Notify(signals, syscall.SIGINT)
	defer signal.Stop(signals)
	over := time.AfterFunc(most, func() { syscall.Kill(os.Getpid(), syscall.SIGINT) })
	code := cmd.Main(args, os.Stdin, io.Discard, b.stderr)
	if !over.Stop() {
		<-signals
		return code, nil
	}
	select {
	case <-signals:
		return code, errors.New("interrupted")
	default:
		return code, nil
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
