package load

import (
	"fmt"
	"math"
	"net"
	"time"

	"socketbench/servers/address"
)

// The bounds of what can be asked.
const (
	maxPipeline = 64
	maxSize     = 1 << 30
	maxRate     = 2e6 // requests/s of one engine thread; no thread has reached a sixth of it
)

// What one engine thread plays alone: at this rate it is busy for some 5 to 30 % of the time.
const (
	engineRate = 10_000   // requests/s
	engineSize = 16 << 10 // bytes of a request; a larger one counts once more for each of these
)

// Engines and arrivals, as options and experiment files name them.
const (
	EngineEpoll    = "epoll"
	EnginePortable = "portable"

	Closed   = "closed"   // a client sends its next request when the one before is answered
	Constant = "constant" // evenly spaced
	Poisson  = "poisson"  // independent of each other, as requests of many people are
	Bursts   = "burst"    // Poisson whose rate is a square wave
)

// WithDefaults returns o with its zero fields filled in.
func (o Options) WithDefaults() Options {
	if o.Engine == "" {
		o.Engine = BestEngine
	}
	if o.Arrivals == "" {
		o.Arrivals = Closed
	}
	if o.Part.All == 0 { // a part of a run may have disturbers only
		def(&o.Connections, 64)
	}
	def(&o.Size, 64)
	def(&o.Pipeline, 1)
	def(&o.Duration, 10*time.Second)
	if o.Part.All == 0 {
		o.Part = Part{whole, o.Connections}
	}
	if o.NoDelay == nil {
		yes := true
		o.NoDelay = &yes
	}
	return o
}

func def[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}

// OpenLoop reports whether arrivals follow a schedule and not the replies.
func (o Options) OpenLoop() bool { return o.Arrivals != Closed && o.Arrivals != "" }

// Clients returns how many connections the options need at once, disturbers included.
func (o Options) Clients() int {
	return o.Connections + o.Mute + o.Idle + o.SlowWriter + o.SlowReader + o.Bulk + o.Churn + o.Reset
}

// Check reports the first thing that is not possible about o, before anything is sent.
func (o Options) Check() error {
	o = o.WithDefaults()
	switch {
	case o.Engine == BestEngine, o.Engine == EnginePortable:
	case o.Engine == EngineEpoll:
		return fmt.Errorf("load: engine %q needs Linux; leave it out or choose %q", o.Engine, EnginePortable)
	default:
		return fmt.Errorf("load: no engine %q; choose %q or %q", o.Engine, EngineEpoll, EnginePortable)
	}
	for _, count := range []struct {
		name  string
		value int
	}{
		{"connections", o.Connections}, {"requests", o.Requests}, {"mute", o.Mute}, {"idle", o.Idle},
		{"slowwriter", o.SlowWriter}, {"slowreader", o.SlowReader}, {"bulk", o.Bulk}, {"churn", o.Churn}, {"reset", o.Reset},
		{"think", int(o.Think)}, {"warmup", int(o.Warmup)}, {"duration", int(o.Duration)},
	} {
		if count.value < 0 {
			return fmt.Errorf("load: %s cannot be negative", count.name)
		}
	}
	switch {
	case o.Pipeline < 1 || o.Pipeline > maxPipeline:
		return fmt.Errorf("load: pipeline %d is not possible; choose 1 to %d", o.Pipeline, maxPipeline)
	case o.Size < 1 || o.Size > maxSize:
		return fmt.Errorf("load: size %d is not possible; choose 1 B to 1 GiB", o.Size)
	}
	if err := o.checkArrivals(); err != nil {
		return err
	}
	if list := o.Conflicts(); len(list) > 0 {
		return fmt.Errorf("load: %s", list[0].Text)
	}
	if err := o.checkDescriptors(); err != nil {
		return err
	}
	t, err := resolve(o)
	if err != nil {
		return err
	}
	return o.checkPorts(t)
}

func (o Options) checkArrivals() error {
	switch o.Arrivals {
	case Closed, Constant, Poisson, Bursts:
	default:
		return fmt.Errorf("load: no arrivals %q; choose %s, %s, %s or %s", o.Arrivals, Closed, Constant, Poisson, Bursts)
	}
	cpus := max(1, min(o.cpus(), o.Connections))
	if peak, limit := o.peak(), maxRate*float64(cpus); !(peak <= limit) {
		return fmt.Errorf("load: rate %.0f requests/s is beyond what any generator could send on %d of this machine's CPUs; the limit is %.0f", peak, cpus, limit)
	}
	return nil
}

// peak returns the highest rate that is asked for, requests/s of the whole run; 0 in a closed loop.
func (o Options) peak() float64 {
	switch o.Arrivals {
	case Constant, Poisson:
		return o.Rate
	case Bursts:
		return max(o.Rate, o.Burst.Peak)
	}
	return 0
}

// cpus returns how many CPUs the engines may use.
func (o Options) cpus() int {
	if len(o.CPUs) > 0 {
		return len(o.CPUs)
	}
	return defaultThreads()
}

// threads returns the number of engine threads: one for each CPU, at most one for each connection, and in an open loop no
// more than the rate needs. A thread that is hardly busy costs more than it helps: before each request it waits until it
// gets a CPU, and where many agents share the CPUs of one machine, they wait for each other.
func (o Options) threads() int {
	n := min(o.cpus(), o.Connections)
	if o.OpenLoop() && o.Bulk+o.Churn+o.Reset == 0 { // these send as fast as they can
		here := o.peak()
		if o.Part.All > 0 {
			here *= float64(o.Connections) / float64(o.Part.All)
		}
		n = min(n, int(math.Ceil(here/engineRate*float64(1+o.Size/engineSize))))
	}
	return max(1, n)
}

// share returns how many of n fall to one of several threads.
func share(n, thread, threads int) int { return (n - thread + threads - 1) / threads }

// target is a resolved address.
type target struct {
	network string       // tcp, unix or udp
	tcp     *net.TCPAddr // of tcp and udp
	path    string
}

func (t target) String() string {
	if t.network == "unix" {
		return "unix://" + t.path
	}
	return t.network + "://" + t.tcp.String()
}

// resolve returns what to connect to. An address beyond this machine is refused unless a person typed it.
func resolve(o Options) (target, error) {
	a, err := address.ParseServer(o.Address)
	switch {
	case err != nil:
		return target{}, fmt.Errorf("load: %w", err)
	case a.Network == "unix":
		return target{network: a.Network, path: a.Where}, nil
	}
	addr, err := a.TCP()
	if err != nil {
		return target{}, fmt.Errorf("load: %w", err)
	}
	if !addr.IP.IsLoopback() && !o.Remote {
		return target{}, fmt.Errorf("load: address %q lies beyond this machine; only a person may type it (socketbench load %s)", o.Address, o.Address)
	}
	return target{network: a.Network, tcp: addr}, nil
}

// Local reports whether an address lies on this machine. One that does not resolve counts as local, and fails when it is
// used.
func Local(address string) bool {
	t, err := resolve(Options{Address: address, Remote: true})
	return err != nil || t.network == "unix" || t.tcp.IP.IsLoopback()
}
