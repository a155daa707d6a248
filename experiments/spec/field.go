package spec

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"socketbench/experiments/load"
	"socketbench/servers/config"
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
	text                 // a sentence or a name; what stands before it is one of a few words or figures, and can be varied
	names                // a list of text
	commands             // names, and what each stands for
	factors              // fields and lists of values
	quoted               // bytes, as text in double quotes
	needs                // resources and their bounds
	claims               // a list of predictions
	cell                 // of a prediction: a server, and values of varied fields
)

// field describes one field of the file: the only place that knows what it may be. Parsing, writing, the cross product,
// flags, the reference and the schema for editors all follow this table.
type field struct {
	path     string
	kind     kind
	min, max float64 // of numbers; of durations in ns; both 0: any
	words    []string
	once     bool   // has one value in an experiment, and cannot be varied
	label    string // how a report says it, see config.Knob
	about    string
	wants    string // what may be written, where the kind does not say it
	usual    string // the default in words; "": none, or about says it

	at func(*Experiment) any // where it is kept; nil: in the Go field whose yaml tag is the path
}

const (
	second = float64(time.Second)
	minute = 60 * second
)

// Names that have one meaning in several places.
var (
	transports = []string{"tcp", "unix"}
	placements = []string{"split", "shared", "same"}
	charts     = []string{"spectrum", "knee", "cost", "scaling", "memory", "fairness", "waterfall"}
	engines    = []string{load.EngineEpoll, load.EnginePortable}
	arrivals   = []string{load.Closed, load.Constant, load.Poisson, load.Bursts}
	framings   = []string{upper.Raw.String(), upper.Line.String(), upper.Length.String()}
)

// fields is every field of an experiment file, in the order in which they are best written.
var fields = slices.Concat([]field{
	{path: "name", kind: text, once: true, about: "what commands and result directories call it: lower-case letters, digits and dashes"},
	{path: "question", kind: text, once: true, about: "the question that the experiment answers, as a sentence"},
	{path: "teaches", kind: text, once: true, about: "what a reader learns from it"},
	{path: "servers", kind: names, once: true, about: "designs of socketbench list servers, names of commands, and commands with {port} in them"},
	{path: "commands", kind: commands, once: true, about: "short names for commands: reports call the server by its name; --name does the same on the command line"},
	{path: "baseline", kind: text, once: true, usual: "the first server", about: "the server that the others are compared with"},
	{path: "vary", kind: factors, once: true, about: "the fields that make the conditions; every server runs under every combination"},
	{path: "transport", kind: word, words: transports, label: "over %s", usual: "tcp", about: "tcp, or unix domain sockets"},
	{path: "placement", kind: word, words: placements, label: "placement %s", usual: "split",
		about: "split: server and generator on CPUs of their own; shared: both on all; same: both on one"},
	{path: "gomaxprocs", kind: count, max: 1024, label: "GOMAXPROCS %s", about: "GOMAXPROCS of the server; 0: the number of its CPUs"},
	{path: "gogc", kind: count, min: -1, max: 10000, label: "GOGC %s", about: "GOGC of the server; 0: Go's default, -1: no garbage collection"},
	{path: "blocks", kind: count, min: 1, max: 1000, once: true, usual: strconv.Itoa(DefaultBlocks), about: "how often each cell is measured, at least"},
	{path: "max_blocks", kind: count, min: 1, max: 1000, once: true, usual: "as blocks",
		about: "how often each cell is measured at most, while the interval of the primary metric is wider than 2 %"},
	{path: "primary", kind: text, once: true, usual: DefaultPrimary, about: "the metric whose interval decides whether more blocks are needed"},

	{path: "load.engine", kind: word, words: engines, usual: "the best one on this system", label: "engine %s", about: "the engine of the load generator"},
	{path: "load.arrivals", kind: word, words: arrivals, usual: "closed, or poisson where there is a rate", label: "%s arrivals",
		about: "closed: a client sends its next request when the last is answered; the others follow a schedule (open loop) and need a rate"},
	{path: "load.rate", kind: rate, max: 2e6, label: "%s/s offered", about: "requests/s over all connections of an open loop"},
	{path: "load.think", kind: duration, max: minute, label: "%s of thinking", about: "pause between a reply and the next request of a closed loop"},
	{path: "load.burst.peak", kind: rate, max: 2e6, label: "bursts of %s/s", about: "requests/s during a burst"},
	{path: "load.burst.width", kind: duration, max: 10 * minute, label: "bursts of %s", about: "how long a burst lasts"},
	{path: "load.burst.period", kind: duration, max: 10 * minute, label: "bursts every %s", about: "time from one burst to the next; 0: a single burst"},
	{path: "load.connections", kind: count, min: 1, max: 60000, usual: "64", label: "%s connection%p", about: "clients that are measured, each with a connection"},
	{path: "load.size", kind: size, min: 1, max: 1 << 30, usual: "64", label: "%s byte%p", about: "bytes of a request"},
	{path: "load.pipeline", kind: count, min: 1, max: 64, usual: "1", label: "%s outstanding", about: "outstanding requests on a connection"},
	{path: "load.requests", kind: count, max: 1e9, label: "%s request%p a session",
		about: "requests in a session, after which the client closes and connects again; 0: no end"},
	{path: "load.no_delay", kind: truth, usual: "true", label: "no_delay %s", about: "false leaves Nagle's algorithm on in the generator"},
	{path: "load.warmup", kind: duration, max: 10 * minute, usual: DefaultWarmup.String(), label: "%s of warm-up", about: "time under load before the measured time"},
	{path: "load.duration", kind: duration, min: float64(50 * time.Millisecond), max: 10 * minute, usual: DefaultDuration.String(),
		label: "windows of %s", about: "measured time of a trial"},
	{path: "load.stop", kind: truth, label: "stop %s",
		about: "true: the server is told to stop at the window's end, while clients go on asking; closed loop only"},
	{path: "load.mute", kind: count, max: 60000, label: "%s silent client%p", about: "disturbers that connect first and are silent"},
	{path: "load.idle", kind: count, max: 60000, label: "%s idle client%p",
		about: "disturbers that send one request and are then silent; where handlers wait (config.wait), they send none"},
	{path: "load.slowwriter", kind: count, max: 60000, label: "%s slow writer%p", about: "disturbers that send a byte at a time"},
	{path: "load.slowreader", kind: count, max: 60000, label: "%s slow reader%p", about: "disturbers that send many requests and read no reply"},
	{path: "load.bulk", kind: count, max: 60000, label: "%s bulk client%p", about: "disturbers that stream large requests as fast as they are answered"},
	{path: "load.churn", kind: count, max: 60000, label: "%s churning client%p", about: "disturbers that connect, send one request and close, again and again"},
	{path: "load.reset", kind: count, max: 60000, label: "%s resetting client%p", about: "disturbers that connect, send a request and reset, again and again"},
}, knobs(), []field{
	{path: "charts", kind: names, words: charts, once: true, about: "what the report draws"},
	{path: "needs", kind: needs, once: true, about: "what the machine must have to run the experiment"},
	{path: "conversation.greeting_until", kind: quoted, once: true, at: said(func(c *load.Conversation) any { return &c.Greeting }),
		about: "the end of the greeting of a server that speaks first; clients send nothing before it"},
	{path: "conversation.say", kind: quoted, once: true, at: said(func(c *load.Conversation) any { return &c.Say }),
		about: "the bytes of a request, instead of the uppercase protocol"},
	{path: "conversation.expect", kind: quoted, once: true, at: said(func(c *load.Conversation) any { return &c.Expect }), about: "the exact reply; one of expect, until and reply_bytes is required"},
	{path: "conversation.until", kind: quoted, once: true, at: said(func(c *load.Conversation) any { return &c.Until }), about: "the end of a reply"},
	{path: "conversation.reply_bytes", kind: size, min: 1, max: 1 << 30, once: true, at: said(func(c *load.Conversation) any { return &c.ReplyBytes }),
		about: "the length of a reply in bytes"},
	{path: "predict", kind: claims, once: true, about: "predictions, which the measurement may refute"},
})

// said is a field of the conversation, which is made when it is first asked for.
func said(at func(*load.Conversation) any) func(*Experiment) any {
	return func(e *Experiment) any {
		if e.Load.Conversation == nil {
			e.Load.Conversation = new(load.Conversation)
		}
		return at(e.Load.Conversation)
	}
}

// knobs are the fields of what servers can be told, made from the table of package config.
func knobs() (list []field) {
	for _, k := range config.Knobs {
		f := field{path: "config." + k.Name, max: float64(k.Max), label: k.Label, about: k.About, usual: k.Unless,
			at: func(e *Experiment) any { return k.At(&e.Config) }}
		usual := fmt.Sprint(k.Usual)
		switch k.At(new(config.Config)).(type) {
		case *upper.Framing:
			f.kind, f.words, usual = word, framings, upper.Raw.String()
		case *time.Duration:
			f.kind, usual = duration, time.Duration(k.Usual).String()
		default:
			if k.Bytes {
				f.kind, f.min = size, 1
				usual = fmt.Sprintf("%dKiB", k.Usual>>10)
			}
		}
		if f.usual == "" && (k.Usual > 0 || f.kind == word) {
			f.usual = usual
		}
		list = append(list, f)
	}
	return list
}

// part is a field of a prediction.
type part struct {
	field
	at func(*Prediction) any
}

// parts are all of them.
var parts = []part{
	{field{path: "predict.claim", kind: text, about: "the sentence that the measurement tests"}, func(p *Prediction) any { return &p.Claim }},
	{field{path: "predict.metric", kind: text, wants: "a metric, such as latency.p99", about: "the figure that it is about"}, func(p *Prediction) any { return &p.Metric }},
	{field{path: "predict.of", kind: cell, about: "the cell of the figure: a server, and a value of every varied field"}, func(p *Prediction) any { return &p.Of }},
	{field{path: "predict.against", kind: cell, about: "the cell that it is divided by; without it the claim is about the figure itself"}, func(p *Prediction) any { return &p.Against }},
	{field{path: "predict.expect", kind: text, wants: `text such as "> 2x", "< 10ms", "== 0" or "~ 1x ±10%"`,
		about: "what must hold if the claim is right: a ratio with x, or a figure with its unit"}, func(p *Prediction) any { return &p.Expect }},
	{field{path: "predict.needs", kind: needs, about: "what the machine must have to test this claim"}, func(p *Prediction) any { return &p.Needs }},
	{field{path: "predict.refuted", kind: text, about: "what it would mean if the claim is refuted"}, func(p *Prediction) any { return &p.Refuted }},
	{field{path: "predict.not_asked", kind: text, about: "why the claim is not asked; run --set writes it for a claim about a cell that it removes"}, func(p *Prediction) any { return &p.NotAsked }},
}

func fieldByPath(path string) (field, bool) {
	i := slices.IndexFunc(fields, func(f field) bool { return f.path == path })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

// varied lists the fields that may stand under vary.
func varied() (paths []string) {
	for _, f := range fields {
		if !f.once {
			paths = append(paths, f.path)
		}
	}
	return paths
}

// Label is how a report says a varied field: "%s worker%p", where %s is the value and %p the s of a plural; "" where
// the path is no field.
func Label(path string) string {
	f, _ := fieldByPath(path)
	return f.label
}

// allowed says in words what may be written.
func (f field) allowed() string {
	if f.wants != "" {
		return f.wants
	}
	switch f.kind {
	case word:
		return "one of " + strings.Join(f.words, ", ")
	case truth:
		return "true or false"
	case duration:
		return fmt.Sprintf("a time with its unit from %v to %v, such as 300ms or 2s", time.Duration(f.min), time.Duration(f.max))
	case size:
		return "bytes from " + number(f.min) + " to " + number(f.max) + ", such as 64, 16KiB or 1MiB"
	case rate:
		return "requests/s from " + number(f.min) + " to " + number(f.max) + ", such as 4000 or 10k"
	case count:
		return "a whole number from " + number(f.min) + " to " + number(f.max)
	case quoted:
		return `text in double quotes, such as "PING\r\n"`
	case names:
		return "a list, such as [a, b]" + map[bool]string{true: ", of " + strings.Join(f.words, ", ")}[len(f.words) > 0]
	case commands:
		return `names and commands, such as {mine: "./mine {port}"}`
	case needs:
		return `resources and bounds, such as server_cpus: ">=2"; resources are ` + strings.Join(Resources, ", ")
	case cell:
		return "a cell: {server: NAME, FIELD: VALUE}"
	case factors:
		return "a field and a list of values, line by line"
	case claims:
		return "a list of claims, each with the fields below"
	}
	return "text"
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// target is where the value of a field is kept, as a pointer.
func (f field) target(e *Experiment) any {
	if f.at != nil {
		return f.at(e)
	}
	v := reflect.ValueOf(e).Elem()
	for name := range strings.SplitSeq(f.path, ".") {
		i := 0
		for v.Type().Field(i).Tag.Get("yaml") != name {
			i++
		}
		v = v.Field(i)
	}
	return v.Addr().Interface()
}

// put stores a canonical value where at points.
func put(at, value any) {
	switch p := at.(type) {
	case *upper.Framing:
		*p, _ = upper.ParseFraming(value.(string)) // canonical knows the word
	case **bool:
		b := value.(bool)
		*p = &b
	default:
		v := reflect.ValueOf(at).Elem()
		v.Set(reflect.ValueOf(value).Convert(v.Type()))
	}
}

// get returns the canonical value that at points to, and whether it is other than zero.
func get(at any) (value any, set bool) {
	switch p := at.(type) {
	case *time.Duration:
		return Span(*p), *p != 0
	case *upper.Framing:
		return p.String(), *p != upper.Raw
	case *[]byte:
		return string(*p), len(*p) > 0
	case *Needs:
		return *p, len(*p) > 0
	case **bool:
		return *p != nil && **p, *p != nil
	case *float64:
		if *p == math.Trunc(*p) {
			return int(*p), *p != 0
		}
		return *p, true
	}
	v := reflect.ValueOf(at).Elem()
	return v.Interface(), !v.IsZero()
}

// get is the value of the field in e, and whether it is set.
func (f field) get(e Experiment) (value any, set bool) {
	if e.Load.Conversation == nil && strings.HasPrefix(f.path, "conversation.") {
		return nil, false
	}
	return get(f.target(&e))
}

// Apply returns e with one varied field set to one of its values, as plan makes cells.
func (e Experiment) Apply(path string, value any) Experiment {
	if f, ok := fieldByPath(path); ok {
		put(f.target(&e), value)
	}
	e.Load.Framing = e.Config.Protocol.Framing
	return e
}
