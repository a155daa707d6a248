// Package libraries has what the programs below it share: the command line and the end on a signal.
//
// Each program is a server that is written with one library for event loops, as the library's README says, and is one
// file in the form of every design: gnet, nbio and evio. They are programs of their own, for two reasons. gnet and evio
// listen on an address that they are given, and take no listener. And a server is started from the program that has its
// code: the three libraries in it would add 1.6 MB to the memory of every other design, 2.6 MB to the program, and 12 s of
// CPU time to its first build.
package libraries

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"socketbench/servers/upper"
)

// Settings are what a server is told on its command line.
type Settings struct {
	Address  string // to listen on: a host and a port
	ReadSize int    // largest number of bytes that a read returns, if the library can be told; 0: the library's choice
	Protocol upper.Protocol
}

// Main makes a server with the settings of the command line, lets it serve, and ends the program when Serve returns. The
// context of Serve ends on SIGTERM and on an interrupt.
func Main[S interface{ Serve(context.Context) error }](newServer func(Settings) S) {
	var s Settings
	port := flag.Int("port", 0, "TCP port to listen on")
	flag.IntVar(&s.ReadSize, "read", 0, "largest number of bytes that a read returns; 0: the library's choice")
	flag.IntVar(&s.Protocol.Work.CPU, "cpu", 0, "computation for each request, in iterations")
	flag.DurationVar(&s.Protocol.Work.Wait, "wait", 0, "time that each request waits")
	flag.IntVar(&s.Protocol.Work.Slots, "slots", 0, "number of requests that may wait at once; 0: no bound")
	flag.Parse()
	s.Address = fmt.Sprintf("127.0.0.1:%d", *port)
	s.Protocol = s.Protocol.WithDefaults()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := newServer(s).Serve(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Turns runs the requests of one connection that may block: on a goroutine, one after the other, in the order of the calls.
// The zero value is ready for use.
type Turns struct {
	mu      sync.Mutex
	waiting []func()
	running bool
}

// Go runs f after all that were given before, and does not wait for it.
func (t *Turns) Go(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = append(t.waiting, f)
	if !t.running {
		t.running = true
		go t.run()
	}
}

func (t *Turns) run() {
	for {
		t.mu.Lock()
		if len(t.waiting) == 0 {
			t.running = false
			t.mu.Unlock()
			return
		}
		f := t.waiting[0]
		t.waiting = t.waiting[1:]
		t.mu.Unlock()
		f()
	}
}
