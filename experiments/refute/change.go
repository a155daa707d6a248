package refute

import (
	"slices"
	"strconv"

	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// change is one thing that an attack changes.
type change struct {
	name string
	// ways lists how it can be changed in a situation, the best way first, or says why it cannot.
	ways func(s situation) (list []way, why string)
	// keepsRates says that the attack offers the rates that the run found for its utilizations. A change of what a server
	// carries has them measured again, so that the utilization stays what it was.
	keepsRates bool
}

// way is a change with its value.
type way struct {
	set      []spec.Change
	seed     uint64 // another seed; 0: that of the run
	says     string // as in "turns with another seed"
	possible error  // why this machine cannot do it; nil: it can
}

// situation is what a change starts from.
type situation struct {
	spec.Experiment // of the pair
	run             result.Manifest
	pair            pair
	registry        servers.Registry
}

// changes are tried in this order.
var changes = []change{
	{"seed", seed, true},
	{"engine", engine, true},
	{"placement", placement, false},
	{"size", size, false},
	{"connections", connections, false},
	{"pipeline", pipeline, false},
	{"gomaxprocs", gomaxprocs, true},
	{"utilization", utilization, false},
	{"arrivals", arrivals, true},
	{"gogc", gogc, true},
}

// setPrefix stands before what is wrong with a field that a change sets.
const setPrefix = "this change"

// set is a way that sets one field.
func set(path, value, says string) way {
	return way{set: []spec.Change{{Path: path, Value: value, Typed: setPrefix}}, says: says}
}

// varied says that a run varies a field itself; "" if it does not.
func (s situation) varied(paths ...string) string {
	for _, path := range paths {
		if s.Varies(path) {
			return "the run varies " + path + " itself"
		}
	}
	return ""
}

// seed changes the order of the trials, the arrivals and the bytes of the requests.
func seed(s situation) ([]way, string) {
	return []way{{seed: s.run.Seed + 1, says: "with another seed"}}, ""
}

func engine(s situation) ([]way, string) {
	if why := s.varied("load.engine"); why != "" {
		return nil, why
	}
	switch now := s.Load.WithDefaults().Engine; {
	case now != load.EnginePortable:
		return []way{set("load.engine", load.EnginePortable, "with the portable generator")}, ""
	case load.BestEngine == load.EnginePortable:
		return nil, "this system has one engine of the generator"
	}
	return []way{set("load.engine", load.EngineEpoll, "with the epoll generator")}, ""
}

func placement(s situation) (list []way, why string) {
	if why := s.varied("placement"); why != "" {
		return nil, why
	}
	says := map[string]string{
		host.Split:  "when server and generator have CPUs of their own",
		host.Shared: "when server and generator share their CPUs",
		host.Same:   "when server and generator share one CPU",
	}
	for _, other := range map[string][]string{host.Split: {host.Shared, host.Same}, host.Shared: {host.Split, host.Same}, host.Same: {host.Split, host.Shared}}[s.Placement] {
		w := set("placement", other, says[other])
		_, w.possible = host.NewPlacement(other)
		list = append(list, w)
	}
	return list, ""
}

func size(s situation) (list []way, why string) {
	if why := s.varied("load.size"); why != "" {
		return nil, why
	}
	if s.Load.Conversation != nil {
		return nil, "the conversation decides how long a request is"
	}
	for _, bytes := range around(s.Load.Size, 16, 1024) {
		list = append(list, set("load.size", strconv.Itoa(bytes), "with requests of "+unit.Format("bytes", float64(bytes))))
	}
	return list, ""
}

func connections(s situation) (list []way, why string) {
	if why := s.varied("load.connections"); why != "" {
		return nil, why
	}
	for _, n := range around(s.Load.Connections, 4, 64) {
		list = append(list, set("load.connections", strconv.Itoa(n), "with "+unit.Many(n, "connection")))
	}
	return list, ""
}

// around lists numbers that are by a factor more and less than n, with less first where n is above a limit.
func around(n, factor, limit int) []int {
	list := []int{n * factor, n / factor}
	if n > limit {
		slices.Reverse(list)
	}
	return slices.DeleteFunc(list, func(v int) bool { return v < 1 })
}

func pipeline(s situation) ([]way, string) {
	if why := s.varied("load.pipeline"); why != "" {
		return nil, why
	}
	if s.Load.Pipeline > 1 {
		return []way{set("load.pipeline", "1", "with 1 request outstanding")}, ""
	}
	return []way{set("load.pipeline", "4", "with 4 requests outstanding")}, ""
}

func gomaxprocs(s situation) ([]way, string) {
	if why := s.tuned("gomaxprocs"); why != "" {
		return nil, why
	}
	now := s.GOMAXPROCS
	if now == 0 {
		now = verdict.ServerCPUs(s.run, s.pair.of)
	}
	other := max(1, now/2)
	if now <= 1 {
		other = 2
	}
	return []way{set("gomaxprocs", strconv.Itoa(other), "with GOMAXPROCS "+strconv.Itoa(other))}, ""
}

func gogc(s situation) ([]way, string) {
	if why := s.tuned("gogc"); why != "" {
		return nil, why
	}
	if s.GOGC != 0 && s.GOGC != 100 {
		return []way{set("gogc", "100", "with GOGC 100")}, ""
	}
	return []way{set("gogc", "400", "with GOGC 400")}, ""
}

// tuned says why a setting of Go's runtime cannot be changed; "" if it can.
func (s situation) tuned(path string) string {
	for _, server := range s.Servers {
		_, command := s.Commands.Of(server)
		entry, err := s.registry.Lookup(server)
		if !command && (err != nil || entry.Launch == nil) {
			return s.varied(path)
		}
	}
	return "it is a setting of Go's runtime, and the servers are programs of their own"
}

// utilization halves the load of an open loop; a load that is very small already is doubled.
func utilization(s situation) ([]way, string) {
	if why := s.varied("load.rate", "load.utilization"); why != "" {
		return nil, why
	}
	const half, double = "at half the load", "at twice the load"
	switch share, rate := s.Shares.Rate, s.Load.Rate; {
	case share >= 0.05:
		return []way{set("load.utilization", number(share/2), half)}, ""
	case share > 0:
		return []way{set("load.utilization", number(share*2), double)}, ""
	case rate > 0:
		return []way{set("load.rate", number(rate/2), half)}, ""
	}
	return nil, "in a closed loop the clients ask as fast as they are answered"
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func arrivals(s situation) ([]way, string) {
	if why := s.varied("load.arrivals"); why != "" {
		return nil, why
	}
	switch s.Load.Arrivals {
	case load.Poisson:
		return []way{set("load.arrivals", load.Constant, "with constant arrivals")}, ""
	case load.Constant:
		return []way{set("load.arrivals", load.Poisson, "with Poisson arrivals")}, ""
	case load.Bursts:
		return nil, "the bursts are what the run is about"
	}
	return nil, "in a closed loop requests have no schedule"
}
