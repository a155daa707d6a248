package prefork

import (
	"context"
	"fmt"
	"net"
	"os"

	"socketbench/patterns/child"
)

// verb is the first argument of a child.
const verb = "prefork-child"

// listenFD is the descriptor that a child inherits, behind the three that every process has.
const listenFD = 3

// Child calls serve and then ends the process, if this process is a child; otherwise it returns at
// once. Call it before flags are read and goroutines are started.
func Child[Job, Report any](serve Serve[Job, Report]) {
	child.Become(verb, func(ctx context.Context, parent *child.Conn) error {
		ln, err := inherit(os.NewFile(listenFD, "listener"))
		if err != nil {
			return err
		}
		var job Job
		if err := parent.Receive(&job); err != nil {
			return fmt.Errorf("prefork: the parent sent no job: %w", err)
		}
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		go func() { // ends with the process
			parent.Receive(new(Job)) // there is no second job: Receive returns when the parent has stopped this child, or has ended
			stop()
		}()
		// Send fails only if the parent has ended, and then the report is not needed.
		serve(ctx, ln, job, func(report Report) { parent.Send(report) })
		return nil
	})
}

// inherit makes a listener of a descriptor that the parent has bound, and takes file.
func inherit(file *os.File) (net.Listener, error) {
	defer file.Close()
	ln, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("prefork: inherited descriptor: %w", err)
	}
	if u, ok := ln.(*net.UnixListener); ok {
		return inherited{u}, nil
	}
	return ln, nil
}

// inherited hides the type of a unix listener from listen.Detach, which would otherwise remove the
// listener's path. Only the parent removes it.
type inherited struct{ *net.UnixListener }
