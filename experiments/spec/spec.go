// Package spec reads and writes experiment files: what is asked, of which servers, under which load, and what is
// predicted. [Parse] is strict: it reports all faults of a file at once, each with its line and column, what is allowed
// there, and the nearest name to a misspelt one.
package spec

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/servers"
)

// Experiment is a parsed and validated file.
type Experiment struct {
	Name     string   `yaml:"name"`
	Question string   `yaml:"question"`
	Teaches  string   `yaml:"teaches"`  // what a reader takes away
	Servers  []string `yaml:"servers"`  // registered names, names of Commands, and commands with {port}
	Commands Commands `yaml:"commands"` // what such a name stands for; each is that of a server
	Baseline string   `yaml:"baseline"` // what the others are compared with; "" in a file: the first server

	UtilizationOf string `yaml:"utilization_of"` // the server that Shares are shares of; "": the baseline, see Reference
	Shares        Shares `yaml:"-"`

	Vary   Factors        `yaml:"vary"`
	Load   load.Options   `yaml:"load"`
	Config servers.Config // what the servers are told; see config.Knobs

	Transport  string `yaml:"transport"`  // tcp | unix | udp
	Placement  string `yaml:"placement"`  // split | shared | same | apart
	GOMAXPROCS int    `yaml:"gomaxprocs"` // 0: the CPUs the server was given
	GOGC       int    `yaml:"gogc"`       // 0: Go's default; -1: off

	Blocks    int          `yaml:"blocks"`             // at least so many
	MaxBlocks int          `yaml:"max_blocks"`         // the cap of blocks added for a narrower interval; at least Blocks
	Precision float64      `yaml:"precision"`          // half-width of the primary intervals at which no block is added; 0: see Narrow
	Primary   string       `yaml:"primary"`            // the metric whose interval decides about more blocks
	Charts    []string     `yaml:"charts"`             // what the report draws: spectrum, knee, cost, scaling, memory, fairness, waterfall
	Needs     Needs        `yaml:"needs"`              // {server_cpus: ">=2"}
	Require   []string     `yaml:"require"`            // what every design must meet; see Requirement
	Headroom  bool         `yaml:"headroom"`           // it is searched how much more load a design takes until it fails that
	Beyond    int          `yaml:"extrapolate_idle"`   // idle clients for which rss_peak is extrapolated; 0: it is not, see Extrapolated
	Smaller   int          `yaml:"extrapolate_blocks"` // blocks in which smaller crowds than the largest are measured; 0: in all, see Measured
	Predict   []Prediction `yaml:"predict"`
}

// Shares are loads in units of the machine: shares of what one of the servers carries here, under the conditions of the
// cell. What they come to is measured before the first block, see package plan. 0: not given.
type Shares struct {
	Rate  float64 // load.utilization, in place of load.rate
	Peak  float64 // load.burst.utilization, in place of load.burst.peak
	Think float64 // load.think_utilization, in place of load.think
}

// Any reports whether a load is given as a share.
func (s Shares) Any() bool { return s != Shares{} }

// Reference is the server that shares are shares of.
func (e Experiment) Reference() string { return cmp.Or(e.UtilizationOf, e.Baseline) }

// Narrow is the half-width of an interval of the primary metric, relative to its ratio, at which a run needs no further
// block.
func (e Experiment) Narrow() float64 { return cmp.Or(e.Precision, 0.02) }

// Factors are the varied fields in the order of the file. Every combination of their values and the servers is a cell.
type Factors []Factor

// Factor is one varied field: "load.idle", "config.workers", "placement".
type Factor struct {
	Field  string
	Values []any // int (of bytes, too), float64, Span, string or bool
}

// Span is a time among the values of fields. Files and results have it as Go writes it: 5ms.
type Span time.Duration

func (s Span) String() string { return time.Duration(s).String() }

// MarshalText lets a span stand in the JSON of a cell.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Prediction is a sentence that the measurement can refute.
type Prediction struct {
	Claim   string
	Metric  string
	Of      map[string]any // the cell: server and every varied field
	Against map[string]any // the other cell, whole; nil: Expect is about the value itself
	Expect  string         // as written
	Needs   Needs          // where it can be asked at all
	Refuted string         // what it would mean if it were refuted

	NotAsked string      // why it is not asked of these cells, which may then be incomplete; "": it is
	Expected Expectation // what Expect says; Parse and Check read it
}

// IsCommand reports whether a server is a command line rather than a registered name.
func IsCommand(server string) bool { return strings.Contains(server, "{port}") }

// Defaults of the fields that a file leaves out.
const (
	DefaultBlocks   = 8
	DefaultWarmup   = 300 * time.Millisecond
	DefaultDuration = time.Second
	DefaultPrimary  = metric.CPUPerRequest
)

// WithDefaults returns e with its zero fields filled in. If arrivals are not given, a rate or a
// utilization makes them Poisson (an open loop); without either the loop is closed.
func (e Experiment) WithDefaults() Experiment {
	l := &e.Load
	if l.Arrivals == "" {
		l.Arrivals = load.Closed
		if l.Rate > 0 || e.Shares.Rate > 0 || e.Varies("load.rate") || e.Varies("load.utilization") {
			l.Arrivals = load.Poisson
		}
	}
	def(&l.Connections, 64)
	def(&l.Size, 64)
	def(&l.Pipeline, 1)
	def(&l.Warmup, DefaultWarmup)
	def(&l.Duration, DefaultDuration)
	def(&e.Transport, "tcp")
	def(&e.Placement, "split")
	def(&e.Blocks, DefaultBlocks)
	def(&e.MaxBlocks, e.Blocks)
	def(&e.Primary, DefaultPrimary)
	if e.Baseline == "" && len(e.Servers) > 0 {
		e.Baseline = e.Servers[0]
	}
	l.Framing = e.Config.Protocol.Framing
	return e
}

func def[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Varies reports whether a field of the file has several values.
func (e Experiment) Varies(field string) bool {
	return slices.ContainsFunc(e.Vary, func(f Factor) bool { return f.Field == field })
}

// Cells is the number of cells: the number of servers times that of the values of each factor.
func (e Experiment) Cells() int {
	n := len(e.Servers)
	for _, f := range e.Vary {
		n *= len(f.Values)
	}
	return n
}

// WithServers returns e asked of other servers. Predictions about a server that is not among them and its command are
// left out; if the baseline is not among them, the first becomes it, and if the server of utilization_of is not, the
// baseline takes its place.
func (e Experiment) WithServers(servers []string) Experiment {
	e.Servers = slices.Clone(servers)
	if !slices.Contains(servers, e.Baseline) && len(servers) > 0 {
		e.Baseline = servers[0]
	}
	if !slices.Contains(servers, e.UtilizationOf) {
		e.UtilizationOf = ""
	}
	var kept []Prediction
	for _, p := range e.Predict {
		if e.asks(p.Of) && (p.Against == nil || e.asks(p.Against)) {
			kept = append(kept, p)
		}
	}
	e.Predict = kept
	return e.Named(nil)
}

// asks reports whether the server of a predicted cell is one of e.
func (e Experiment) asks(cell map[string]any) bool {
	server, _ := cell["server"].(string)
	return slices.Contains(e.Servers, server)
}
