package prefork

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"sync"
)

// mark is the environment variable that makes a process a child.
const mark = "SOCKETBENCH_PREFORK_CHILD"

// Descriptors that a child inherits, behind the three that every process has.
const (
	listenFD  = 3 + iota
	controlFD // the order, and then nothing until it ends: stop
	tellFD    // lines to the parent
)

// maxOrder bounds an order, and a line.
const maxOrder = 1 << 20

// Child does the work of a child and ends the process, if this process is one; else it returns at
// once. Call it before anything else, above all before flags are read and goroutines started.
func Child(serve Serve) {
	if os.Getenv(mark) == "" {
		return
	}
	os.Unsetenv(mark) // what the child starts is none
	if err := child(serve); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func child(serve Serve) error {
	signal.Ignore(os.Interrupt) // Ctrl-C goes to the whole terminal; the parent says when to stop
	ln, err := inherit(os.NewFile(listenFD, "listener"))
	if err != nil {
		return err
	}
	control, parent := os.NewFile(controlFD, "control"), os.NewFile(tellFD, "parent")
	order, err := readOrder(control)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { // ends with the process
		io.Copy(io.Discard, control)
		stop() // told to, or nobody is there to tell
	}()
	var telling sync.Mutex
	serve(ctx, ln, order, func(line []byte) {
		telling.Lock()
		defer telling.Unlock()
		// A parent that has gone does not miss it.
		parent.Write(append(line[:len(line):len(line)], '\n'))
	})
	return parent.Close()
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

// An order is its length in four bytes, and itself.
func readOrder(r io.Reader) ([]byte, error) {
	var n [4]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return nil, fmt.Errorf("prefork: no order came: %w", err)
	}
	size := binary.BigEndian.Uint32(n[:])
	if size > maxOrder {
		return nil, fmt.Errorf("prefork: an order of %d bytes", size)
	}
	order := make([]byte, size)
	if _, err := io.ReadFull(r, order); err != nil {
		return nil, fmt.Errorf("prefork: the order is cut off: %w", err)
	}
	return order, nil
}

func writeOrder(w io.Writer, order []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(order))), order...))
	return err
}
