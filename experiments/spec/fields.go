package spec

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"socketbench/experiments/load"
	"socketbench/servers/config"
	"socketbench/servers/upper"
)

const (
	second = float64(time.Second)
	minute = 60 * second

	leastShare = 0.001
	mostShare  = 1.5 // above it hardly a request is answered in time, whatever the design
	mostBurst  = 10  // a flash crowd may ask for many times what a server carries
)

// apart is the placement of a run over several machines.
const apart = "apart"

// Names that have one meaning in several places.
var (
	transports = []string{"tcp", "unix", "udp"}
	placements = []string{"split", "shared", "same", apart}
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
	{path: "utilization_of", kind: text, once: true, usual: "the baseline",
		about: "the server whose capacity the fields named utilization are shares of: what it carries is measured before the first block"},
	{path: "vary", kind: factors, once: true, about: "the fields that make the conditions; every server runs under every combination"},
	{path: "transport", kind: word, words: transports, label: "over %s", usual: "tcp", about: "tcp, unix domain sockets, or udp for servers of datagrams"},
	{path: "placement", kind: word, words: placements, label: "placement %s", usual: "split",
		about: "split: server and generator on CPUs of their own; shared: both on all; same: both on one; apart: on different machines, see run --fleet"},
	{path: "gomaxprocs", kind: count, max: 1024, label: "GOMAXPROCS %s", about: "GOMAXPROCS of the server; 0: the number of its CPUs"},
	{path: "gogc", kind: count, min: -1, max: 10000, label: "GOGC %s", about: "GOGC of the server; 0: Go's default, -1: no garbage collection"},
	{path: "blocks", kind: count, min: 1, max: 1000, once: true, usual: strconv.Itoa(DefaultBlocks), about: "how often each cell is measured, at least"},
	{path: "max_blocks", kind: count, min: 1, max: 1000, once: true, usual: "as blocks",
		about: "how often each cell is measured at most, while the interval of the primary metric is wider than precision"},
	{path: "precision", kind: share, min: 0.001, max: 1, once: true, usual: "2%",
		about: "how well the primary metric must be known against the baseline so that the run ends before max_blocks: 10% is enough for a question about factors of two"},
	{path: "primary", kind: text, once: true, usual: DefaultPrimary, about: "the metric whose interval decides whether more blocks are needed"},

	{path: "load.engine", kind: word, words: engines, usual: "the best one on this system", label: "engine %s", about: "the engine of the load generator"},
	{path: "load.arrivals", kind: word, words: arrivals, usual: "closed, or poisson where there is a rate or a utilization", label: "%s arrivals",
		about: "closed: a client sends its next request when the last is answered; the others follow a schedule (open loop) and need a rate or a utilization"},
	{path: "load.rate", kind: rate, max: 2e6, label: "%s/s offered", about: "requests/s over all connections of an open loop"},
	{path: "load.utilization", kind: share, min: leastShare, max: mostShare, label: "utilization %s", instead: "load.rate", at: func(e *Experiment) any { return &e.Shares.Rate },
		about: "the rate of an open loop as a share of what the baseline carries here, with these connections and settings but no disturbers; see utilization_of"},
	{path: "load.think", kind: duration, max: minute, label: "%s of thinking", about: "mean pause between a reply and the next request of a closed loop; each lasts half to one and a half of it"},
	{path: "load.think_utilization", kind: share, min: leastShare, max: mostShare, label: "think utilization %s", instead: "load.think", at: func(e *Experiment) any { return &e.Shares.Think },
		about: "the pause of a closed loop with which all clients together ask for this share of what the baseline carries here; see utilization_of"},
	{path: "load.burst.peak", kind: rate, max: 2e6, label: "bursts of %s/s", about: "requests/s during a burst"},
	{path: "load.burst.utilization", kind: share, min: leastShare, max: mostBurst, label: "burst utilization %s", instead: "load.burst.peak", at: func(e *Experiment) any { return &e.Shares.Peak },
		about: "the rate during a burst as a share of what the baseline carries here; see utilization_of"},
	{path: "load.burst.width", kind: duration, max: 10 * minute, label: "bursts of %s", about: "how long a burst lasts"},
	{path: "load.burst.period", kind: duration, max: 10 * minute, label: "bursts every %s", about: "time from one burst to the next; 0: a single burst"},
	{path: "load.connections", kind: count, clients: true, min: 1, max: 60000, usual: "64", label: "%s connection%p", about: "clients that are measured, each with a connection"},
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
	{path: "load.mute", kind: count, clients: true, max: 60000, label: "%s silent client%p", about: "disturbers that connect first and are silent"},
	{path: IdlePath, kind: count, clients: true, max: 60000, label: "%s idle client%p",
		about: "disturbers that send one request and are then silent; where handlers wait (config.wait), they send none"},
	{path: "load.slowwriter", kind: count, clients: true, max: 60000, label: "%s slow writer%p", about: "disturbers that send a byte at a time"},
	{path: "load.slowreader", kind: count, clients: true, max: 60000, label: "%s slow reader%p", about: "disturbers that send many requests and read no reply"},
	{path: "load.bulk", kind: count, clients: true, max: 60000, label: "%s bulk client%p", about: "disturbers that stream large requests as fast as they are answered"},
	{path: "load.churn", kind: count, clients: true, max: 60000, label: "%s churning client%p", about: "disturbers that connect, send one request and close, again and again"},
	{path: "load.reset", kind: count, clients: true, max: 60000, label: "%s resetting client%p", about: "disturbers that connect, send a request and reset, again and again"},
}, knobs(), []field{
	{path: "charts", kind: names, words: charts, once: true, about: "what the report draws"},
	{path: "needs", kind: needs, once: true, about: "what the machine must have to run the experiment"},
	{path: "require", kind: names, once: true, wants: "a list of requirements, such as ['latency.p99 < 200ms', 'unserved == 0']",
		about: "what every design must meet: a metric, an operator and a value, and with \"where\" some cells only; the report says which designs do, and what gives out first"},
	{path: "headroom", kind: truth, once: true,
		about: "true: after the last block, short trials find how many times the rate each design takes until it fails what is required (require); open loop only"},
	{path: "extrapolate_idle", kind: count, max: 1e9, once: true,
		about: "idle clients, more than a machine can hold, for which the memory (rss_peak) that is required is extrapolated by a straight line over the crowds of vary: load.idle, at least three"},
	{path: "extrapolate_blocks", kind: count, max: 1e3, once: true,
		about: "how many blocks, from the first one on, measure the crowds of extrapolate_idle that are smaller than the largest: they serve the line alone; 0: all blocks"},
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
