package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"socketbench/experiments/fleet"
	"socketbench/servers/foreign"
)

// A run over several machines speaks NATS. The library for it doubles a program: a server that is started from that
// program has half as much memory again and takes a third longer to start, whatever its design. So it is in a program of its
// own, the same with one package more, which runs in place of this one where it is needed. That one starts servers and
// generators from this one.

// natsTag is the build tag of that program, and natsName its name beside this one.
const (
	natsTag  = "nats"
	natsName = "socketbench-nats"
)

// leanProgram is the environment variable that names the program without NATS, from which servers and generators are started.
const leanProgram = "SOCKETBENCH_PROGRAM"

// ownProgram is the command that becomes a server or a generator; nil: this program.
func ownProgram() []string {
	if path := os.Getenv(leanProgram); path != "" {
		return []string{path}
	}
	return nil
}

// errReplaced is the error of a command that another process has carried out, with that exit code.
type errReplaced struct{ code int }

func (e *errReplaced) Error() string { return fmt.Sprintf("exit status %d", e.code) }

// withNATS returns nil in a program that speaks NATS. In another it runs the one that does with the same command line, and
// returns what became of it.
func (a *app) withNATS() error {
	if fleet.Over != nil {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("the program with NATS: %w", err)
	}
	path := filepath.Join(filepath.Dir(self), natsName)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if _, err := os.Stat(path); err != nil {
		if path, err = buildNATS(a.stderr); err != nil {
			return err
		}
	}
	return a.become(path, self)
}

// buildNATS builds the program with NATS from the source of this one, and returns its path. When nothing has changed since
// the last time, Go's tool only finds that out.
func buildNATS(said io.Writer) (path string, err error) {
	remedy := fmt.Sprintf("build it where the source is, with go build -tags %s -o %s ./cmd/socketbench, and put it beside this program", natsTag, natsName)
	source := foreign.ModuleRoot()
	if source == "" {
		return "", errors.New("a run over several machines needs the program with NATS, which is not here; " + remedy)
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		return "", errors.New("a run over several machines needs the program with NATS, and Go's tool, which would build it, is not here; " + remedy)
	}
	if path, err = foreign.Cached(natsName, source); err != nil {
		return "", fmt.Errorf("the program with NATS: %w; %s", err, remedy)
	}
	if _, err := os.Stat(path); err != nil {
		fmt.Fprintln(said, "building the program with NATS, which takes a while the first time")
	}
	build := exec.Command(tool, "build", "-tags", natsTag, "-o", path, "./cmd/socketbench")
	build.Dir, build.Stdout, build.Stderr = source, said, said
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("the program with NATS cannot be built: %w; %s", err, remedy)
	}
	return path, nil
}
