// Package load is the load generator: it sends requests of the uppercase protocol, or of a scripted exchange, to a
// server that it knows only by address, and says what became of each of them.
//
// What a client sends when, and what it makes of what comes, is a state machine without I/O, the workload, whose tests
// run in simulated time. Two drivers play it. On Linux it is an epoll loop on a locked and pinned thread, with raw
// non-blocking system calls and nothing allocated while it plays; elsewhere, or when asked for, it is net.Conn and
// goroutines, and the result says so. Either way every byte of every reply is compared, nobody is dropped from the
// statistics, and the generator measures its own lateness.
//
// Start with [Run]; [Spawn] does the same in a process of its own.
package load

import (
	"time"

	"socketbench/experiments/reason"
	"socketbench/experiments/stats"
	"socketbench/servers/upper"
)

// Options say what the clients do. They are plain data: the same value, as JSON, is the job of a generator process.
// The fields with a yaml name are the `load` block of an experiment file.
type Options struct {
	Address string `json:"address" yaml:"-"`        // tcp://host:port or unix:///path
	Seed    uint64 `json:"seed" yaml:"-"`           // of the arrivals, which are the same on any number of CPUs
	CPUs    []int  `json:"cpus,omitempty" yaml:"-"` // where the engine's threads are pinned; none: anywhere
	Spin    bool   `json:"spin,omitempty" yaml:"-"` // may poll without sleeping, as nothing else runs on the CPUs
	// Late is how late requests may be sent, as their p99, before the trial does not count, and how long a pause may be that is
	// taken for lateness. It is for a caller who asks only whether response times keep below a bound that is far above it; the
	// engine's own bound holds where that is more.
	Late time.Duration `json:"late,omitempty" yaml:"-"`

	Remote bool `json:"remote,omitempty" yaml:"-"`  // a person typed the address, so it may lie beyond this machine
	GiveUp bool `json:"give_up,omitempty" yaml:"-"` // datagrams that nobody receives end the run, as connections that nobody accepts do

	Ready    func(Window)   `json:"-" yaml:"-"` // called once, after all have connected and before the first request
	Progress func(Progress) `json:"-" yaml:"-"` // called every 500 ms while requests are sent

	Engine      string        `json:"engine,omitempty" yaml:"engine"`     // epoll | portable; "": the best here
	Arrivals    string        `json:"arrivals,omitempty" yaml:"arrivals"` // closed | constant | poisson | burst
	Rate        float64       `json:"rate,omitempty" yaml:"rate"`         // requests/s over all connections, open loop
	Think       time.Duration `json:"think,omitempty" yaml:"think"`       // closed loop: pause after a reply, on average; each lasts half to one and a half of it
	Burst       Burst         `json:"burst,omitzero" yaml:"burst"`
	Connections int           `json:"connections" yaml:"connections"`
	Size        int           `json:"size" yaml:"size"`                   // bytes of a request
	Pipeline    int           `json:"pipeline,omitempty" yaml:"pipeline"` // requests outstanding per connection, 1-64
	Requests    int           `json:"requests,omitempty" yaml:"requests"` // of a session, which then closes and connects again; 0: no end
	Framing     upper.Framing `json:"framing,omitempty" yaml:"-"`         // the experiment's config.framing
	NoDelay     *bool         `json:"no_delay,omitempty" yaml:"no_delay"` // nil means true

	Warmup   time.Duration `json:"warmup,omitempty" yaml:"warmup"` // requests are sent and not counted
	Duration time.Duration `json:"duration" yaml:"duration"`       // the measured window

	// Stop means that the server is told to stop at the window's end. Clients go on until it has ended every
	// connection; what it leaves unread then is unanswered and not lost. Closed loop only.
	Stop bool `json:"stop,omitempty" yaml:"stop"`

	// IdleAsksNothing means that idle clients send no request at all. Where a handler waits, as for a database, the
	// first requests of many idle clients would have to go through it before the window.
	IdleAsksNothing bool `json:"idle_asks_nothing,omitempty" yaml:"-"`

	// Disturbers: clients beside the measured ones, which connect before them.
	Mute       int `json:"mute,omitempty" yaml:"mute"`             // connect and send nothing
	Idle       int `json:"idle,omitempty" yaml:"idle"`             // are answered once, then silent; see IdleAsksNothing
	SlowWriter int `json:"slowwriter,omitempty" yaml:"slowwriter"` // send a byte every 10 ms
	SlowReader int `json:"slowreader,omitempty" yaml:"slowreader"` // send up to 64 MiB and read nothing
	Bulk       int `json:"bulk,omitempty" yaml:"bulk"`             // send large requests as fast as they are answered
	Churn      int `json:"churn,omitempty" yaml:"churn"`           // connect, are answered once, close, connect again
	Reset      int `json:"reset,omitempty" yaml:"reset"`           // connect, send a request, reset, connect again

	Conversation *Conversation `json:"conversation,omitempty" yaml:"-"`

	Part Part `json:"-" yaml:"-"` // which of the run's connections these are; the zero value: all

	played   func()        // called when the engines have ended, before the result is made; may be nil
	unheard  time.Duration // how long nothing may come back, of a run that gives up; 0: as long as a connection is waited for
	confined bool          // this process is a generator that is pinned to CPUs
}

// Burst is a square wave of arrivals: Rate outside, Peak within the first Width of every Period. A
// Period of zero makes it a single step that begins after the first quarter of the window.
type Burst struct {
	Peak   float64       `json:"peak" yaml:"peak"` // requests/s
	Width  time.Duration `json:"width" yaml:"width"`
	Period time.Duration `json:"period" yaml:"period"`
}

// Conversation is a scripted exchange in place of the uppercase protocol: Say is sent for each request, and a reply ends
// as one of Expect, Until and ReplyBytes says. Where the server speaks first, as an SMTP server does, the client waits
// for Greeting, and connect.* includes that time.
type Conversation struct {
	Greeting   []byte `json:"greeting,omitempty"` // the end of what the server sends first; none: the client begins
	Say        []byte `json:"say"`
	Expect     []byte `json:"expect,omitempty"`      // exactly these bytes
	Until      []byte `json:"until,omitempty"`       // up to and including these bytes
	ReplyBytes int    `json:"reply_bytes,omitempty"` // so many bytes
}

// Window is when the requests of a run count.
type Window struct {
	Start, End time.Time // with monotonic readings of this process
}

// Progress is the state of a run while it lasts.
type Progress struct {
	Elapsed   time.Duration // since the window began; negative during the warm-up
	Rate      float64       // replies/s since the last call
	P50, P99  time.Duration // response times of the last full interval of the log; 0: no reply in it
	Served    int           // connections answered so far
	Completed int64         // right replies so far
}

// Result is what became of the requests of a run.
type Result struct {
	Engine  string             `json:"engine"`  // which one ran: epoll | portable
	Valid   bool               `json:"valid"`   // false: the figures are about the generator and not about the server
	Reasons reason.List        `json:"reasons"` // why not valid, and warnings
	Metrics map[string]float64 `json:"metrics"` // flat, by the names of metric.All: counts, rates, latency.* and so on

	Setup Setup `json:"setup"` // of what played

	LowerBound bool             `json:"lower_bound,omitempty"` // closed loop: the generator had no CPU left, so that a faster one might have measured a higher rate
	Disturbers map[string]int64 `json:"disturbers,omitempty"`  // what they did: "mute.connected", "churn.requests" and so on; see Present

	Times
	Began          time.Duration `json:"began,omitempty"`            // how long after the moment that it was told the clients could send; of several engines, the longest
	Received       int64         `json:"received"`                   // bytes from the server at any time, to disturbers too
	Late           int64         `json:"late,omitempty"`             // how many of Response came after the window's end, while stragglers were waited for
	Censored       int64         `json:"censored,omitempty"`         // how many of Response are ages of unanswered requests
	AtLeast        time.Duration `json:"at_least,omitempty"`         // the smallest of those ages: a percentile above it is a lower bound
	ServiceAtLeast time.Duration `json:"service_at_least,omitempty"` // the same for Service
	Wanted         float64       `json:"wanted,omitempty"`           // requests of the window; a client that is left waiting counts for those that it would have sent
	Unplayed       bool          `json:"unplayed,omitempty"`         // no client connected in one of the generator's processes, or none of its datagrams met anybody
	Right          float64       `json:"right,omitempty"`            // of those, answered rightly and in time
	Missing        float64       `json:"missing,omitempty"`          // of those, without a reply: neither answered, nor wrong, nor lost
	Pause          time.Duration `json:"pause,omitempty"`            // the longest time for which the generator had no turn, in the window or the grace after it; 0: none of 10 ms
	Paused         time.Duration `json:"paused,omitempty"`           // such times of the window together
	Pauses         int64         `json:"pauses,omitempty"`           // how many of them there were
	Spoiled        float64       `json:"spoiled,omitempty"`          // the share of requests whose time contains a pause; figures that rest on them are withheld
	Uncounted      string        `json:"uncounted,omitempty"`        // why nothing was counted: it ended before the window began
	Silent         time.Duration `json:"silent,omitempty"`           // from the last reply to the window's end, where clients were left waiting; 0: the server went on
	Log            []Interval    `json:"log"`                        // Response by the time of the reply, in intervals of 100 ms
	Samples        Samples       `json:"samples"`                    // at most 2,000: the first 600 of the window, and others at random
	Wrong          *WrongReply   `json:"wrong_reply,omitempty"`      // the first one
}

// Setup is how a generator was set up, as far as its figures are judged by it.
type Setup struct {
	Threads     int  `json:"threads"`               // of its engines
	Pinned      bool `json:"pinned,omitempty"`      // they have CPUs that were given to them
	Spins       bool `json:"spins,omitempty"`       // they poll without sleeping
	Descriptors int  `json:"descriptors,omitempty"` // that a process may have; 0: not known
}

// Interval is one entry of the interval log.
type Interval struct {
	Start, Length time.Duration // from the start of the measured window
	Response      *stats.Histogram
}

// Sample is one whole request, times in ns from the start of the measured window (warm-up is negative).
type Sample struct {
	Conn     int   `json:"conn"`
	Session  int   `json:"session,omitempty"`
	Connect  int64 `json:"connect"`  // connect was called; of this connection's current session
	Open     int64 `json:"open"`     // connect succeeded
	Intended int64 `json:"intended"` // when it was due
	Sent     int64 `json:"sent"`
	Done     int64 `json:"done"` // the reply was complete; -1: never
}

// WrongReply shows the first reply that differed.
type WrongReply struct {
	Conn      int    `json:"conn"`
	Request   int64  `json:"request"` // its number on that connection, from 0
	Offset    int    `json:"offset"`  // of the first wrong byte within the reply
	Want, Got []byte // up to 32 bytes from there
}
