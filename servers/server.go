package servers

import (
	"context"
	"embed"
	"net"
	"strings"
	"time"

	"socketbench/patterns/listen"
	"socketbench/patterns/overflow"
	"socketbench/servers/address"
	"socketbench/servers/config"
	"socketbench/servers/upper"
)

// A Server answers the uppercase protocol on a stream listener. Every design is one.
type Server interface {
	// Serve owns ln and blocks until the server has ended. When ctx ends it drains: it closes ln,
	// stops reading, answers what was read, shuts down writing, lingers (discards input until the
	// peer's EOF or for Config.Linger) and closes. It returns nil once every connection is closed
	// and every goroutine that it started has ended. If that takes longer than Config.DrainTimeout,
	// it cuts off the remaining connections and returns an error that says how many of them had not
	// got their replies. Any other error is from the listener, or from a resource that the design
	// needs.
	Serve(ctx context.Context, ln net.Listener) error
}

// A PacketServer makes the same promise for datagrams: each datagram is one request, and its sender
// gets one reply.
type PacketServer interface {
	ServePacket(ctx context.Context, pc net.PacketConn) error
}

// Config has the settings of a server, and Tally what it counts; see package config.
type (
	Config = config.Config
	Tally  = config.Tally
)

// Entry is one server of the registry, or one that an author brings.
type Entry struct {
	Name   string // as typed in commands
	Idea   string // the design in one sentence
	Family string // blocking, goroutines, pools, polling, readiness, completion, processes, datagrams, libraries
	After  string // the design to read before this one; the diff against it is the lesson

	New       func(Config) Server       `json:"-"` // nil if the platform lacks what it Needs
	NewPacket func(Config) PacketServer `json:"-"` // datagram designs only
	Needs     string                    // "": any platform; "unix"; "linux"; or the program it is run with
	Instead   string                    // what to use if the design is not available, as a sentence
	Refused   error                     `json:"-"` // why the system refuses what the design needs; New is then nil

	// Launch is for a server in another language: it writes the files of the server into dir, which
	// the caller owns, and returns the shell command that runs it, with {port} in it.
	Launch func(dir string) (command string, err error) `json:"-"`
	// Build makes what Launch needs, once for this process and those after it; nil: nothing is made. Launch calls it. A
	// command calls it first, so that a server that cannot be built is known before anything is written.
	Build func() error `json:"-"`
	// Command is what Launch returns before the paths are known. The server cannot be given a setting for which
	// the command has no placeholder, such as {wait}.
	Command string `json:"-"`
	// Datagrams says that the program that Launch starts answers datagrams, and no connections.
	Datagrams bool `json:",omitempty"`

	Traits Traits

	Code string `json:"-"` // the text of its source file, for views; "": that of this package's file
	File string `json:"-"` // the name of that file, which tells the language; "": servers/NAME.go
}

// Missing says why the design does not run here, as the rest of a sentence that begins with its name.
// It returns "" if the design runs here.
func (e Entry) Missing() string {
	switch {
	case e.Available():
		return ""
	case e.Refused != nil:
		return "is not available here: " + e.Refused.Error()
	case e.Instead != "":
		return "needs " + e.Needs + ", which is not here; " + e.Instead
	}
	return "needs " + e.Needs + ", which is not here"
}

// Available reports whether the design runs here, for streams or datagrams.
func (e Entry) Available() bool { return e.New != nil || e.Launch != nil || e.NewPacket != nil }

// Streams reports whether the design serves connections and runs here.
func (e Entry) Streams() bool { return e.New != nil || e.Launch != nil && !e.Datagrams }

// Traits say what a design promises and what it needs. Code outside the registry decides by traits,
// never by a name. The zero value is a design that serves any number of connections on one CPU, over
// tcp and unix, and holds at most one read batch of each connection.
type Traits struct {
	MaxConns      int  // connections served at once; 0: no bound of its own
	ConnPerWorker bool // a connection holds one of Config.Workers until it ends
	Permits       bool // a connection holds one of Config.MaxConns permits until it ends
	Ahead         int  // unanswered read batches that it may hold of a connection; 0 means 1
	Cores         bool // can use several CPUs
	Reorders      bool // may answer the datagrams of one client in another order than they came
	Stalls        bool // a handler that waits stalls every connection of its loop
	IdleLimit     bool // closes a connection that is silent for Config.IdleTimeout
	TCPOnly       bool // no unix sockets
	ReusePort     bool // binds its own listeners to the address of the one it is given
	Processes     bool // serves from child processes
	Uncounted     bool // its reads and writes are calls that the kernel does not count: recv, send, io_uring
	MaxFD         int  // refuses connections whose descriptor is this number or above; 0: no bound

	Framing upper.Framing // the only one that it speaks; Raw: raw, or whichever it is told
	PerConn time.Duration // how much each silent connection delays all others; 0: not measurably

	Library string  `json:",omitempty"` // the module that it measures, with its version; "": none
	Faults  []Fault // promises that it is known not to keep
}

// A Fault is a promise that a design is known not to keep. A test asserts that it is still so.
type Fault struct {
	Case     string // the case that fails because of it, perhaps only on a retry; "": none does
	Also     string // a regular expression of other cases that fail now and then because of it; "": none
	Sentence string // what happens, for a reader
	Issue    string `json:",omitempty"` // the address of a public report of it; "": none is known
}

// Says returns the sentence of a fault with the version of the library that shows it and the address of its public report.
func (t Traits) Says(f Fault) string {
	var of []string
	for _, s := range []string{t.Library, f.Issue} {
		if s != "" {
			of = append(of, s)
		}
	}
	if len(of) == 0 {
		return f.Sentence
	}
	return f.Sentence + " (" + strings.Join(of, ", ") + ")"
}

// Capacity returns how many connections the design serves at once under cfg; 0 means no bound.
func (t Traits) Capacity(cfg Config) int {
	switch {
	case t.ConnPerWorker:
		return cfg.Pool()
	case t.Permits && t.MaxConns > 0 && cfg.MaxConns > 0:
		return min(cfg.MaxConns, t.MaxConns)
	case t.Permits && t.MaxConns == 0:
		return cfg.Permits()
	}
	return t.MaxConns
}

// Listen binds a stream address with the same options for every design, so that no design is faster
// or slower because of its listener: TCP without multipath, without keep-alive probes, and with the
// system's backlog. It uses only the trait ReusePort.
func Listen(ctx context.Context, at address.Address, t Traits) (net.Listener, error) {
	lc := net.ListenConfig{KeepAlive: -1}
	lc.SetMultipathTCP(false)
	if t.ReusePort {
		lc.Control = listen.ReusePort
	}
	return lc.Listen(ctx, at.Network, at.Where)
}

// ListenPacket binds an address for datagrams, with the receive buffer that cfg asks for.
func ListenPacket(ctx context.Context, at address.Address, cfg Config) (net.PacketConn, error) {
	pc, err := (&net.ListenConfig{}).ListenPacket(ctx, at.Network, at.Where)
	if err != nil {
		return nil, err
	}
	if cfg.ReceiveBuffer > 0 {
		if err := overflow.Size(pc, cfg.ReceiveBuffer); err != nil {
			pc.Close()
			return nil, err
		}
	}
	return pc, nil
}

// Files holds the source of the designs and of the packages that they share, without tests, for the
// commands that show code. The patterns leave out files whose names end in "st.go", so the name of a
// design must not end in "st".
//
//go:embed *[^t].go *[^s]t.go blocking/*[^t].go eventloop/*[^t].go config/*[^t].go
var Files embed.FS
