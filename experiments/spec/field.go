package spec

import (
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"socketbench/servers/suggest"
	"socketbench/servers/upper"
)

// kind says how a field is written.
type kind int

const (
	count    kind = iota // a whole number
	rate                 // requests/s: a number, or with k or M
	size                 // bytes: a number, or with KiB or MiB
	duration             // a time with its unit
	word                 // one of a few
	truth                // true or false
	text                 // a sentence or a name
)

// field describes one scalar of the file: the only place that knows what it may be. Parsing, the cross
// product, command-line overrides and the schema for editors all follow this table.
type field struct {
	path     string
	kind     kind
	min, max float64 // of numbers; of durations in ns; both 0: any
	words    []string
	vary     bool // may stand under vary
	about    string
}

const (
	second = float64(time.Second)
	minute = 60 * second
)

// Arrivals that are asked about here.
const (
	closed  = "closed"
	poisson = "poisson"
	burst   = "burst"
)

// Names that have one meaning in several places.
var (
	transports = []string{"tcp", "unix"}
	placements = []string{"split", "shared", "same"}
	charts     = []string{"spectrum", "knee", "cost", "scaling", "memory", "fairness", "waterfall"}
	engines    = []string{"epoll", "portable"}
	arrivals   = []string{closed, "constant", poisson, burst}
)

// fields is every scalar of an experiment file, in the order in which they are best written.
var fields = []field{
	{"name", text, 0, 0, nil, false, "what commands and result directories call it: lower-case letters, digits and dashes"},
	{"question", text, 0, 0, nil, false, "what is asked, as a sentence"},
	{"teaches", text, 0, 0, nil, false, "what a reader takes away"},
	{"baseline", text, 0, 0, nil, false, "the server that the others are compared with; the first unless told"},
	{"transport", word, 0, 0, transports, true, "tcp, or unix domain sockets"},
	{"placement", word, 0, 0, placements, true, "split: server and generator on CPUs of their own; shared: both on all; same: both on one"},
	{"gomaxprocs", count, 0, 1024, nil, true, "of the server; 0: the CPUs it was given"},
	{"gogc", count, -1, 10000, nil, true, "of the server; 0: Go's default, -1: off"},
	{"blocks", count, 1, 1000, nil, false, "how often each cell is run, at least"},
	{"max_blocks", count, 1, 1000, nil, false, "how often at most, while the primary interval is wider than 2 %"},
	{"primary", text, 0, 0, nil, false, "the metric whose interval decides about more blocks"},

	{"load.engine", word, 0, 0, engines, true, "the generator; the best one here unless told"},
	{"load.arrivals", word, 0, 0, arrivals, true, "closed: ask again when answered; the others follow a schedule (open loop) and need a rate"},
	{"load.rate", rate, 0, 2e6, nil, true, "requests/s over all connections, open loop"},
	{"load.think", duration, 0, minute, nil, true, "closed loop: pause after a reply"},
	{"load.burst.peak", rate, 0, 2e6, nil, true, "requests/s within a burst"},
	{"load.burst.width", duration, 0, 10 * minute, nil, true, "how long a burst lasts"},
	{"load.burst.period", duration, 0, 10 * minute, nil, true, "how often it comes; 0: one step"},
	{"load.connections", count, 1, 60000, nil, true, "measured clients"},
	{"load.size", size, 1, 1 << 30, nil, true, "bytes of a request"},
	{"load.pipeline", count, 1, 64, nil, true, "requests outstanding per connection"},
	{"load.requests", count, 0, 1e9, nil, true, "of one session, then close and connect again; 0: no end"},
	{"load.no_delay", truth, 0, 0, nil, true, "false leaves Nagle's algorithm on in the generator"},
	{"load.warmup", duration, 0, 10 * minute, nil, true, "played, not counted"},
	{"load.duration", duration, float64(50 * time.Millisecond), 10 * minute, nil, true, "the measured window of a trial"},
	{"load.stop", truth, 0, 0, nil, true, "true: the server is told to stop at the window's end, while clients go on asking; closed loop only"},
	{"load.mute", count, 0, 60000, nil, true, "clients that connect first and say nothing"},
	{"load.idle", count, 0, 60000, nil, true, "clients that were answered once and are silent; where handlers wait (config.wait), that have asked nothing"},
	{"load.slowwriter", count, 0, 60000, nil, true, "clients that send a byte at a time"},
	{"load.slowreader", count, 0, 60000, nil, true, "clients that ask for much and read nothing"},
	{"load.bulk", count, 0, 60000, nil, true, "clients that stream as fast as they are answered"},
	{"load.churn", count, 0, 60000, nil, true, "clients that connect, ask once, close, again"},
	{"load.reset", count, 0, 60000, nil, true, "clients that connect, ask, reset, again"},

	{"config.framing", word, 0, 0, []string{"raw", "line", "length"}, true, "where a request ends"},
	{"config.limit", size, 1, 1 << 30, nil, true, "longest request in bytes; 64KiB unless told"},
	{"config.workers", count, 0, 10000, nil, true, "of a pool (0: 8) or of a design with loops (0: one a CPU)"},
	{"config.queue", count, 0, 1 << 20, nil, true, "how many wait for a worker; 0: 1024"},
	{"config.max_conns", count, 0, 1 << 20, nil, true, "connections admitted at once by designs that bound them"},
	{"config.read_size", size, 1, 1 << 24, nil, true, "bytes of one read; 16KiB unless told"},
	{"config.cpu", count, 0, 1e9, nil, true, "computing of a request, in iterations of about a nanosecond"},
	{"config.wait", duration, 0, minute, nil, true, "blocking wait of a request, as for a database"},
	{"config.slots", count, 0, 1 << 20, nil, true, "how many requests may wait at once, as a database's connections; 0: no bound"},
	{"config.idle_timeout", duration, 0, 10 * minute, nil, true, "silence after which some designs close"},
	{"config.linger", duration, 0, minute, nil, true, "how long input is discarded after the last reply"},
	{"config.drain_timeout", duration, 0, minute, nil, true, "when a stopping server cuts connections off"},
}

func fieldByPath(path string) (field, bool) {
	for _, f := range fields {
		if f.path == path {
			return f, true
		}
	}
	return field{}, false
}

// varied lists the fields that may stand under vary.
func varied() (paths []string) {
	for _, f := range fields {
		if f.vary {
			paths = append(paths, f.path)
		}
	}
	return paths
}

// allowed says in words what may be written.
func (f field) allowed() string {
	switch f.kind {
	case word:
		return "one of " + strings.Join(f.words, ", ")
	case truth:
		return "true or false"
	case duration:
		if f.max > 0 {
			return fmt.Sprintf("a time with its unit from %v to %v, such as 300ms or 2s", time.Duration(f.min), time.Duration(f.max))
		}
		return "a time with its unit, such as 300ms or 2s"
	case size:
		return "bytes from " + number(f.min) + " to " + number(f.max) + ", such as 64, 16KiB or 1MiB"
	case rate:
		return "requests/s from " + number(f.min) + " to " + number(f.max) + ", such as 4000 or 10k"
	case count:
		return "a whole number from " + number(f.min) + " to " + number(f.max)
	}
	return "text"
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// target finds the Go field behind a path, by the yaml names of the structs.
func target(e *Experiment, path string) reflect.Value {
	v := reflect.ValueOf(e).Elem()
	for _, name := range strings.Split(path, ".") {
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("yaml") == name {
				v = v.Field(i)
				break
			}
		}
	}
	return v
}

// put stores a canonical value.
func (f field) put(e *Experiment, value any) {
	v := target(e, f.path)
	switch p := v.Addr().Interface().(type) {
	case *time.Duration:
		*p, _ = time.ParseDuration(value.(string)) // canonical made it
	case *upper.Framing:
		*p, _ = upper.ParseFraming(value.(string))
	case **bool:
		b := value.(bool)
		*p = &b
	default:
		v.Set(reflect.ValueOf(value).Convert(v.Type()))
	}
}

// get returns the canonical value, and whether it is other than zero.
func (f field) get(e *Experiment) (value any, set bool) {
	v := target(e, f.path)
	switch x := v.Interface().(type) {
	case time.Duration:
		return x.String(), x != 0
	case upper.Framing:
		return x.String(), x != upper.Raw
	case *bool:
		return x != nil && *x, x != nil
	case float64:
		if x == math.Trunc(x) {
			return int(x), x != 0
		}
		return x, true
	}
	return v.Interface(), !v.IsZero()
}

// Set changes one scalar field, as a flag of a command line does: Set("load.duration", "2s"). The
// result is not checked as a whole; call Check.
func (e *Experiment) Set(path, value string) error {
	f, ok := fieldByPath(path)
	if !ok {
		return fmt.Errorf("spec: no field %q%s", path, suggest.DidYouMean(path, varied()))
	}
	v, err := f.canonical(f.typed(value))
	if err != nil {
		return fmt.Errorf("spec: %w", err)
	}
	f.put(e, v)
	return nil
}

// typed is a command line's word as a file would have it: text, but for true and false.
func (f field) typed(value string) any {
	if b, err := strconv.ParseBool(value); err == nil && f.kind == truth {
		return b
	}
	return value
}

// Apply returns e with one varied field set to one of its values, as plan makes cells.
func (e Experiment) Apply(path string, value any) Experiment {
	if f, ok := fieldByPath(path); ok {
		f.put(&e, value)
	}
	e.Load.Framing = e.Config.Framing
	return e
}
