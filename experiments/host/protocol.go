package host

import (
	"socketbench/servers"
)

// Verbs of the command protocol. A command is one line of JSON on the child's standard input; each is
// answered by one line on its standard output, in order. The child ends when its input does.
const (
	VerbServe    = "serve"    // bind and serve Command.Order; answered when the server can be connected to
	VerbSnapshot = "snapshot" // Reply.Snapshot
	VerbSettle   = "settle"   // collect garbage and give the memory back, so that what is resident is held
	VerbProfile  = "profile"  // start writing Command.Profile to Command.File
	VerbProfiled = "profiled" // stop it and close the file
	VerbDrain    = "drain"    // stop serving, answer what was read; Reply.Drained when Serve has returned
)

// Profiles that a child can write.
const (
	ProfileCPU   = "cpu"   // for go tool pprof
	ProfileTrace = "trace" // for go tool trace
)

// Command is one line to a child.
type Command struct {
	Verb    string `json:"verb"`
	Order   *Order `json:"order,omitempty"`
	Profile string `json:"profile,omitempty"`
	File    string `json:"file,omitempty"`
}

// Reply is one line from a child. Error is empty when the command was carried out.
type Reply struct {
	Error    string    `json:"error,omitempty"`
	Never    bool      `json:"never,omitempty"`   // the error would be the same another time
	Address  string    `json:"address,omitempty"` // tcp://127.0.0.1:port or unix:///path
	Group    int       `json:"group,omitempty"`   // process group of a supervised command
	PID      int       `json:"pid,omitempty"`     // root of the processes of it that serve; 0: no process is
	Snapshot *Snapshot `json:"snapshot,omitempty"`
	Drained  *Drained  `json:"drained,omitempty"`
	Ended    string    `json:"ended,omitempty"` // no reply but news: a supervised command ended by itself, so
}

// Order is what a child is to serve: a registered server or a command of the user's.
type Order struct {
	Server    string         `json:"server"`                // a registered name, or a shell command with {port}
	Config    servers.Config `json:"config"`                // what the server is told
	Transport string         `json:"transport,omitempty"`   // tcp (the default) or unix
	Socket    string         `json:"socket,omitempty"`      // the path to bind for unix
	Patience  int64          `json:"patience_ns,omitempty"` // how long a command may take until it listens
}

// Snapshot is what only the server's own runtime knows.
type Snapshot struct {
	Goroutines int     `json:"goroutines"`
	GCCount    uint32  `json:"gc_count"`
	GCPause    int64   `json:"gc_pause_ns"` // total so far
	Heap       uint64  `json:"heap_bytes"`  // live and not yet collected objects
	Stacks     uint64  `json:"stack_bytes"` // of goroutines
	Mallocs    uint64  `json:"mallocs"`     // objects allocated so far
	Conns      int64   `json:"conns"`       // connections ended
	Read       int64   `json:"read_bytes"`  // taken as input over ended connections
	Written    int64   `json:"written_bytes"`
	Dropped    int64   `json:"dropped"` // requests cut off by their sender
	Faults     int64   `json:"faults"`  // errors worth a log line
	Clock      float64 `json:"uptime_s"`
	Tuning     Tuning  `json:"tuning"` // as it is now
}

// Tuning is what a Go process has its scheduler and its collector do. The process may change it at any time.
type Tuning struct {
	GOMAXPROCS  int   `json:"gomaxprocs"`
	GOGC        int   `json:"gogc"`                   // percent; -1: off
	MemoryLimit int64 `json:"memory_limit,omitempty"` // bytes, as GOMEMLIMIT; 0: none
}

// Drained is how a server ended when it was told to.
type Drained struct {
	Nanoseconds int64    `json:"ns"`              // from the order to the end of Serve, or of the process
	Error       string   `json:"error,omitempty"` // of Serve
	Goroutines  int      `json:"goroutines"`      // more than before Serve was called
	Descriptors int      `json:"descriptors"`     // likewise; 0 where the platform does not tell
	Last        Snapshot `json:"last"`
}
