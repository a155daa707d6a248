package config

import (
	"time"

	"socketbench/servers/upper"
)

// A Knob is one thing that every design can be told. It is declared by two edits: its field in [Config], and its line
// in [Knobs]. From the line follow the field of the experiment file and its schema, the flag of serve, the placeholder
// of a command, the default, and the words of help texts and reports; a child process is told the Config as JSON.
type Knob struct {
	Name  string // below config in a file, and in braces in a command; a flag has dashes for underscores
	About string // what it means, for every help text
	Label string // how a report says it, such as "%s worker%p": %s is the value, %p the s of a plural
	Max   int64  // the largest number, or the longest time in ns
	Bytes bool   // it is a number of bytes, and at least 1 where it is told

	Usual  int64             // what servers do unless they are told: a number, or a time in ns; 0: nothing
	Unless string            // the same in words, where designs choose for themselves; "": all take Usual
	Own    bool              // it belongs to a mechanism that a server need not have, such as a pool; the others say what a request is and costs
	Only   func(Config) bool // where it has any effect; nil: everywhere

	At func(*Config) any // where it is kept: a *int, a *time.Duration or an *upper.Framing
}

// Knobs are all that a design can be told, in the order in which a file is best written.
var Knobs = []Knob{
	{Name: "framing", About: "where a request ends", Label: "%s framing",
		At: func(c *Config) any { return &c.Protocol.Framing }},
	{Name: "limit", About: "longest request with framing line or length, in bytes", Label: "%s byte%p at most in a request",
		Bytes: true, Max: 1 << 30, Usual: upper.DefaultLimit,
		Only: func(c Config) bool { return c.Protocol.Framing != upper.Raw },
		At:   func(c *Config) any { return &c.Protocol.Limit }},
	{Name: "workers", About: "workers of a pool, or loops of a design with several", Label: "%s worker%p",
		Max: 10_000, Usual: DefaultWorkers, Unless: "8 workers, or a loop for each CPU", Own: true,
		At: func(c *Config) any { return &c.Workers }},
	{Name: "queue", About: "connections or requests that may wait for a worker", Label: "%s place%p in the queue",
		Max: 1 << 20, Usual: 1024, Own: true,
		At: func(c *Config) any { return &c.Queue }},
	{Name: "max_conns", About: "connections admitted at once, in designs with such a bound", Label: "%s connection%p admitted",
		Max: 1 << 20, Unless: "1024, or as many as the design can serve", Own: true,
		At: func(c *Config) any { return &c.MaxConns }},
	{Name: "read_size", About: "bytes that one read takes at most", Label: "%s byte%p a read",
		Bytes: true, Max: 1 << 24, Usual: 16 << 10,
		At: func(c *Config) any { return &c.ReadSize }},
	{Name: "cpu", About: "computing per request, in iterations of about a nanosecond", Label: "%s iteration%p of work",
		Max: 1e9,
		At:  func(c *Config) any { return &c.Protocol.Work.CPU }},
	{Name: "wait", About: "how long each request waits, as for a database", Label: "%s of waiting",
		Max: int64(time.Minute),
		At:  func(c *Config) any { return &c.Protocol.Work.Wait }},
	{Name: "slots", About: "number of requests that may wait at once, as on a database's connections; 0: no bound", Label: "%s slot%p",
		Max:  1 << 20,
		Only: func(c Config) bool { return c.Protocol.Work.Wait > 0 },
		At:   func(c *Config) any { return &c.Protocol.Work.Slots }},
	{Name: "idle_timeout", About: "silence after which a connection is closed, in designs with such a limit", Label: "%s of silence allowed",
		Max: int64(time.Hour), Usual: int64(5 * time.Second), Own: true,
		At: func(c *Config) any { return &c.IdleTimeout }},
	{Name: "linger", About: "how long input is discarded after the last reply", Label: "%s of lingering",
		Max: int64(time.Hour), Usual: int64(500 * time.Millisecond), Own: true,
		At: func(c *Config) any { return &c.Linger }},
	{Name: "drain_timeout", About: "how long a stop may take before connections are cut off", Label: "%s to drain",
		Max: int64(time.Hour), Usual: int64(5 * time.Second), Own: true,
		At: func(c *Config) any { return &c.DrainTimeout }},
}

// Changes reports whether c asks for anything but the usual.
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

// fill puts the usual value where c says nothing.
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
