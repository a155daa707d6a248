package child

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// hello is the first value that a parent sends.
type hello struct {
	Version string `json:"version"`
}

// Version names the build of this program, as far as it is known.
func Version() string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return ""
	}
	return info.Main.Path + " " + info.Main.Version
}

// Become returns at once unless this process is a child with that verb. In such a child it calls live and ends the
// process. Call it before flags are read and goroutines are started. live should return when it receives io.EOF, because
// its parent has no more commands or has ended, and when ctx ends, because of a signal (SIGTERM, SIGINT, SIGHUP). An error
// of live is printed, and makes the exit status 1.
func Become(verb string, live func(ctx context.Context, parent *Conn) error) {
	if len(os.Args) < 2 || os.Args[1] != verb {
		return
	}
	if err := become(verb, live); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func become(verb string, live func(context.Context, *Conn) error) error {
	// The handler stays until the end: a second signal must not stop the process from ending its own children.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	defer stop()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return fmt.Errorf("child: standard input: %w", err)
	}
	parent := &Conn{in: bufio.NewReader(os.Stdin), out: os.Stdout}
	os.Stdin, os.Stdout = null, os.Stderr // output of live must not mix with the answers to the parent
	var first hello
	if parent.Receive(&first) != nil {
		return fmt.Errorf("%s: this command is internal; the program itself starts it, with a pipe from its parent", verb)
	}
	if mine := Version(); first.Version != mine {
		return fmt.Errorf("child: %s: this is %q, and its parent %q; the program has changed since the parent was started: start the parent again", verb, mine, first.Version)
	}
	return live(ctx, parent)
}
