package config

import (
	"time"

	"socketbench/servers/upper"
)

// A Knob is one setting that every design can be given. It is declared by two edits: its field in [Config], and its line
// in [Knobs]. From the line follow the field of the experiment file and its schema, the flag of serve, the placeholder
// of a command, the default, and the words of help texts and reports; a child process is told the Config as JSON.
type Knob struct {
	Name  string // below config in a file, and in braces in a command; a flag has dashes for underscores
	About string // what it means, for every help text
	Label string // how a report says it, such as "%s worker%p": %s is the value, %p the s of a plural
	Max   int64  // the largest number, or the longest time in ns
	Bytes bool   // it is a number of bytes, and at least 1 if it is given

	Usual  int64             // what servers do unless they are told otherwise: a number, or a time in ns; 0: nothing
	Unless string            // the same in words, if designs choose for themselves; "": all take Usual
	Own    bool              // it belongs to a mechanism that a server need not have, such as a pool; other settings say what a request is or costs
	Only   func(Config) bool // whether it has any effect; nil: always

	At func(*Config) any // where it is kept: a *int, a *time.Duration or an *upper.Framing
}

// Knobs are all settings of a design, in the order in which a file is best written.
var Knobs = []Knob{
	{Name: "framing", About: "where a request ends: with the read (raw), at a newline (line), or after as many bytes as its big-endian header of 4 bytes says (length)", Label: "%s framing",
		At: func(c *Config) any { return &c.Protocol.Framing }},
	{Name: "limit", About: "longest request with framing line or length, in bytes", Label: "%s byte%p at most in a request",
		Bytes: true, Max: 1 << 30, Usual: upper.DefaultLimit,
		Only: func(c Config) bool { return c.Protocol.Framing != upper.Raw },
		At:   func(c *Config) any { return &c.Protocol.Limit }},
	{Name: "workers", About: "number of workers of a pool, or of event loops in a design with several", Label: "%s worker%p",
		Max: 10_000, Usual: DefaultWorkers, Unless: "8 workers, or a loop for each CPU", Own: true,
		At: func(c *Config) any { return &c.Workers }},
	{Name: "queue", About: "number of connections or requests that may wait for a worker", Label: "%s place%p in the queue",
		Max: 1 << 20, Usual: 1024, Own: true,
		At: func(c *Config) any { return &c.Queue }},
	{Name: "max_conns", About: "number of connections admitted at once, in designs with such a bound", Label: "%s connection%p admitted",
		Max: 1 << 20, Unless: "1024, or as many as the design can serve", Own: true,
		At: func(c *Config) any { return &c.MaxConns }},
	{Name: "read_size", About: "largest number of bytes that one read returns", Label: "%s byte%p a read",
		Bytes: true, Max: 1 << 24, Usual: 16 << 10,
		At: func(c *Config) any { return &c.ReadSize }},
	{Name: "receive_buffer", About: "bytes of unread datagrams that the system keeps, in a server of datagrams", Label: "%s byte%p of receive buffer",
		Bytes: true, Max: 1 << 28, Unless: "the system's choice", Own: true,
		At: func(c *Config) any { return &c.ReceiveBuffer }},
	{Name: "cpu", About: "computation for each request, in iterations of about a nanosecond", Label: "%s iteration%p of work",
		Max: 1e9,
		At:  func(c *Config) any { return &c.Protocol.Work.CPU }},
	{Name: "wait", About: "time that each request waits, as for a database", Label: "%s of waiting",
		Max: int64(time.Minute),
		At:  func(c *Config) any { return &c.Protocol.Work.Wait }},
	{Name: "slots", About: "number of requests that may wait at once, as on a database's connections; 0: no bound", Label: "%s slot%p",
		Max:  1 << 20,
		Only: func(c Config) bool { return c.Protocol.Work.Wait > 0 },
		At:   func(c *Config) any { return &c.Protocol.Work.Slots }},
	{Name: "idle_timeout", About: "time after which a silent connection is closed, in designs with such a limit", Label: "%s of silence allowed",
		Max: int64(time.Hour), Usual: int64(5 * time.Second), Own: true,
		At: func(c *Config) any { return &c.IdleTimeout }},
	{Name: "linger", About: "time for which input is discarded after the last reply", Label: "%s of lingering",
		Max: int64(time.Hour), Usual: int64(500 * time.Millisecond), Own: true,
		At: func(c *Config) any { return &c.Linger }},
	{Name: "drain_timeout", About: "time that a stop may take before connections are cut off", Label: "%s to drain",
		Max: int64(time.Hour), Usual: int64(5 * time.Second), Own: true,
		At: func(c *Config) any { return &c.DrainTimeout }},
}

// Changes reports whether c asks for a value other than the usual one.
func (k Knob) Changes(c Config) bool {
	v := k.number(c)
	return v > 0 && v != k.Usual && (k.Only == nil || k.Only(c))
}

func (k Knob) number(c Config) int64 {
	switch at := k.At(&c).(type) {
	case *int:
		return int64(*at)
	case *time.Duration:
		return int64(*at)
	case *upper.Framing:
		return int64(*at)
	}
	return 0
}

// fill sets the usual value if c has none.
func (k Knob) fill(c *Config) {
	if k.Unless != "" || k.number(*c) > 0 {
		return
	}
	switch at := k.At(c).(type) {
	case *int:
		*at = int(k.Usual)
	case *time.Duration:
		*at = time.Duration(k.Usual)
	}
}
