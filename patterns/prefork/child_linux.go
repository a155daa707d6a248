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

// Child does the work of a child and ends the process, if this process is one; else it returns at
// once. Call it before anything else, above all before flags are read and goroutines started.
func Child[Order, Word any](serve Serve[Order, Word]) {
	child.Become(verb, func(ctx context.Context, parent *child.Conn) error {
		ln, err := inherit(os.NewFile(listenFD, "listener"))
		if err != nil {
			return err
		}
		var order Order
		if err := parent.Receive(&order); err != nil {
			return fmt.Errorf("prefork: no order came: %w", err)
		}
		ctx, stop := context.WithCancel(ctx)
		defer stop()
		go func() { // ends with the process
			parent.Receive(new(Order)) // there is no other: told to stop, or nobody is there to tell
			stop()
		}()
		serve(ctx, ln, order, func(word Word) { parent.Send(word) }) // a parent that has gone does not miss it
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

// inherited is another type for listen.Detach, which removes the path of the unix listeners that it
// knows: here that is the parent's to do.
type inherited struct{ *net.UnixListener }
