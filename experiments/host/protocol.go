package host

import (
	"net/netip"
	"time"

	"socketbench/servers"
)

// Verbs of commands. Each command is answered by one Reply, in order. What carries both is package child's.
const (
	VerbServe    = "serve"    // bind and serve Command.Job; answered when the server can be connected to
	VerbSnapshot = "snapshot" // Reply.Snapshot
	VerbSettle   = "settle"   // collect garbage and return free memory to the system, so that what is resident is in use
	VerbProfile  = "profile"  // start writing Command.Profile to Command.File
	VerbProfiled = "profiled" // stop it and close the file
	VerbDrain    = "drain"    // stop serving, answer what was read; Reply.Drained when Serve has returned
)

// Profiles that a child can write.
const (
	ProfileCPU   = "cpu"   // for go tool pprof
	ProfileTrace = "trace" // for go tool trace
)

// Command is what a child is told.
type Command struct {
	Verb    string `json:"verb"`
	Job     *Job   `json:"order,omitempty"`
	Profile string `json:"profile,omitempty"`
	File    string `json:"file,omitempty"`
}

// Reply is what a child answers. Error is empty when the command was carried out.
type Reply struct {
	Error    string    `json:"error,omitempty"`
	Never    bool      `json:"never,omitempty"`   // another start would end in the same error
	Address  string    `json:"address,omitempty"` // tcp://host:port, udp://host:port or unix:///path
	Group    int       `json:"group,omitempty"`   // process group of a supervised command
	PID      int       `json:"pid,omitempty"`     // the root of its processes that serve; 0: there is no single one
	Snapshot *Snapshot `json:"snapshot,omitempty"`
	Drained  *Drained  `json:"drained,omitempty"`
	Ended    string    `json:"ended,omitempty"` // answers nothing: a supervised command ended by itself, in this way
}

// Job is what a child is to serve: a registered server or a command of the user's.
type Job struct {
	Server    string         `json:"server"`              // a registered name, or a shell command with {port}
	Config    servers.Config `json:"config"`              // what the server is told
	Transport string         `json:"transport,omitempty"` // tcp (the default), unix or udp
	Socket    string         `json:"socket,omitempty"`    // the path to bind for unix
	Listen    netip.Addr     `json:"listen,omitzero"`     // where to listen; the zero value: 127.0.0.1
	Record    bool           `json:"record,omitempty"`    // Snapshot.Taken is wanted; it costs each request some time
	Start     time.Duration  `json:"start_ns,omitempty"`  // how long it may take until it can be asked; 0: 10 s
	Stop      time.Duration  `json:"stop_ns,omitempty"`   // how long it may take to end; 0: a command 5 s after SIGTERM, and its process 3 s
}

// The times of a job that names none.
const (
	startPatience = 10 * time.Second
	stopPatience  = 5 * time.Second
	endPatience   = 3 * time.Second
)

// Taken is one request as a design took it from its input: with the raw framing, what one read returned.
type Taken struct {
	At    int64  `json:"at"`    // wall clock, ns
	Bytes int    `json:"bytes"` // its length
	Text  []byte `json:"text"`  // its beginning, at most [TakenText] bytes
}

// TakenText is how much of a request is kept, and takenMost how many are.
const (
	TakenText = 64
	takenMost = 4096
)

// Snapshot is what only the server's own runtime knows.
type Snapshot struct {
	Taken      []Taken `json:"taken,omitempty"`    // the first requests, if Job.Record asks for them
	Recorded   bool    `json:"recorded,omitempty"` // Taken is known: not of designs that serve from other processes
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

// Tuning is how the scheduler and the collector of a Go process are set. The process may change it at any time.
type Tuning struct {
	GOMAXPROCS  int   `json:"gomaxprocs"`
	GOGC        int   `json:"gogc"`                   // percent; -1: off
	MemoryLimit int64 `json:"memory_limit,omitempty"` // bytes, as GOMEMLIMIT; 0: none
}

// Drained is how a server ended when it was told to.
type Drained struct {
	Nanoseconds int64    `json:"ns"`              // from the command to the end of Serve, or of the process
	Error       string   `json:"error,omitempty"` // of Serve
	Goroutines  int      `json:"goroutines"`      // more than before Serve was called
	Descriptors int      `json:"descriptors"`     // likewise; 0 where the platform does not tell
	Last        Snapshot `json:"last"`
}
