package servers

import (
	"context"
	"embed"
	"net"
	"time"

	"socketbench/patterns/listen"
	"socketbench/servers/address"
	"socketbench/servers/config"
)

// A Server answers the uppercase protocol on a stream listener. Every design is one.
type Server interface {
	// Serve owns ln until it returns. When ctx ends it drains: it closes ln, stops reading, answers
	// what was read, shuts down writing, lingers (discards input until the peer's EOF or
	// Config.Linger) and closes. It returns nil once every connection is closed and every goroutine
	// it started has ended; past Config.DrainTimeout, an error that says how many connections were
	// cut off before their replies were written. Any other error is the listener's, or that of a
	// resource the design needs.
	Serve(ctx context.Context, ln net.Listener) error
}

// A PacketServer makes the same promise for datagrams: one request a datagram, one reply to its
// sender.
type PacketServer interface {
	ServePacket(ctx context.Context, pc net.PacketConn) error
}

// Config is what all designs can be told, and Tally what they count; see package config.
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

	New       func(Config) Server       `json:"-"` // nil where the platform lacks what it Needs
	NewPacket func(Config) PacketServer `json:"-"` // datagram designs only
	Needs     string                    // "": any platform; "unix"; "linux"; or the program it is run with
	Instead   string                    // where it is not available: a sentence on what to use
	Refused   error                     `json:"-"` // why the system does not let the design have what it needs; New is nil then

	// Launch is for a server in another language: it puts what the server is made of into dir,
	// which the caller owns, and returns the shell command that runs it, with {port} in it.
	Launch func(dir string) (command string, err error) `json:"-"`
	// Command is what Launch returns before the paths are known. A setting that it has no placeholder for,
	// such as {wait}, cannot be told to the server.
	Command string `json:"-"`

	Traits Traits

	Code string `json:"-"` // the text of its file, for reading; "" for the designs of this package, which know theirs
	File string `json:"-"` // the name of that file, which says its language; "": servers/NAME.go
}

// Missing is why the design does not run here, as the end of a sentence that its name begins; "": it does.
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

// Available reports whether the design runs here.
func (e Entry) Available() bool { return e.Streams() || e.NewPacket != nil }

// Streams reports whether the design answers connections, and runs here.
func (e Entry) Streams() bool { return e.New != nil || e.Launch != nil }

// Traits say what a design promises and what it needs. Code outside the registry asks for traits,
// never for a name. The zero value is a design that serves any number of connections, one read batch
// each, on one CPU, over tcp and unix.
type Traits struct {
	MaxConns      int  // connections served at once; 0: no bound of its own
	ConnPerWorker bool // a connection holds one of Config.Workers until it ends
	Permits       bool // a connection holds one of Config.MaxConns permits until it ends
	Ahead         int  // read batches it may hold per connection; 0 means 1
	Cores         bool // can use several CPUs
	Stalls        bool // a handler that waits stalls every connection of its loop
	IdleLimit     bool // closes a connection that is silent for Config.IdleTimeout
	TCPOnly       bool // no unix sockets
	ReusePort     bool // binds its own listeners to the address of the one it is given
	Processes     bool // serves from child processes
	Uncounted     bool // its reads and writes are calls that the kernel does not count: recv, send, io_uring
	MaxFD         int  // descriptors at and above it are refused; 0: no bound of its own

	PerConn time.Duration // how much longer everybody waits for each silent connection; 0: not measurably

	Faults []Fault // what it is known to get wrong
}

// A Fault is a promise that a design is known not to keep. A test asserts that it is still so.
type Fault struct {
	Case     string // the case that fails because of it, perhaps only on a retry; "": none does
	Also     string // a regular expression of other cases that fail now and then because of it; "": none
	Sentence string // what happens, for a reader
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
// or slower because of its listener: plain TCP, no keep-alive probes, the system's backlog.
func Listen(ctx context.Context, at address.Address, t Traits) (net.Listener, error) {
	lc := net.ListenConfig{KeepAlive: -1}
	lc.SetMultipathTCP(false)
	if t.ReusePort {
		lc.Control = listen.ReusePort
	}
	return lc.Listen(ctx, at.Network, at.Where)
}

// Files holds the source of the designs and of the packages that they share, without tests, for the commands that show
// them. The patterns leave out files that end in "st.go", so a design's name must not end in these two letters.
//
//go:embed *[^t].go *[^s]t.go blocking/*[^t].go eventloop/*[^t].go config/*[^t].go
var Files embed.FS
