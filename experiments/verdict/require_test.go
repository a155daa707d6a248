package verdict

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
	"socketbench/experiments/spec"
)

// service is an experiment with requirements: a backend with 20 slots of 10 ms each carries 2,000 requests a second.
const service = `
servers: [goroutine, epoll, pool, deadline]
vary: {load.idle: [0, 100]}
load: {connections: 8, rate: 1000, duration: 500ms}
config: {wait: 10ms, slots: 20}
blocks: 8
require: ['latency.p99 < 200ms', 'unserved == 0', 'rss_peak < 1GiB where load.idle=100']
`

// A design meets what is required only where the whole interval of its worst condition says so; those that meet all come
// first, the cheapest before the others, and what gives out first is named.
func TestRequired(t *testing.T) {
	w := newWorld(t, service, 1)
	figures := func(p99, cpu, unserved, inService, serverCPU float64) map[string]float64 {
		return map[string]float64{"latency.p99": p99, "cpu_per_request": cpu, "unserved": unserved, "served": 8 - unserved, "completed": 500,
			"in_service": inService, "server_cpu": serverCPU, "rss_peak": 50 << 20}
	}
	w.truth = func(c plan.Cell) map[string]float64 {
		busy := c.ID["load.idle"] == 100
		switch c.Server {
		case "goroutine":
			return figures(12e6, 9000, 0, 10, 0.01)
		case "pool":
			return figures(11e6, 8000, 0, 10, 0.01)
		case "deadline":
			if busy {
				return figures(200e6, 9000, 0, 10, 0.01) // on the bound
			}
			return figures(12e6, 9000, 0, 10, 0.01)
		}
		if busy {
			return figures(900e6, 5000, 6, 1, 0.02)
		}
		return figures(20e6, 5000, 0, 1, 0.02)
	}
	a, err := Judge(w.run(8))
	require.NoError(t, err)
	var order []string
	words := map[string]Word{}
	for _, r := range a.Required {
		order = append(order, r.Server)
		words[r.Server] = r.Word
		require.Len(t, r.Each, 3)
	}
	require.Equal(t, []string{"pool", "goroutine", "deadline", "epoll"}, order)
	require.Equal(t, map[string]Word{"pool": Holds, "goroutine": Holds, "deadline": Undecided, "epoll": Refuted}, words)
	require.Equal(t, Short{"backend", "the backend, 10 of 20 slots in use"}, a.Required[0].Short)
	require.Equal(t, "design", a.Required[3].Short.Of, "its CPU and the backend have room")
	require.EqualValues(t, 100, a.Required[3].Each[0].Cell["load.idle"], "its worst condition")
	require.EqualValues(t, 100, a.Required[0].Each[2].Cell["load.idle"], "the one that it is about")
	require.Equal(t, []string{"pool and goroutine meet all that is required.", "pool costs least, 8.09 µs of CPU a request.",
		"It cannot be told whether deadline would.",
		"Each of them runs short of the backend first: the backend decides how much the service carries, and the design does not."}, Decides(a.Required))
	require.Equal(t, "pool alone meets all that is required.", Decides([]Required{a.Required[0], a.Required[3]})[0])
	require.Equal(t, "pool meets all that is required.", Decides([]Required{a.Required[0], a.Required[2]})[0], "of deadline it cannot be told")
}

// A generator that is late makes response times longer. So a design fails only what it would fail without that.
func TestALateGeneratorIsNoFailure(t *testing.T) {
	for _, c := range []struct {
		p99, lag float64
		want     Word
	}{
		{180e6, 15e6, Holds}, // it can only be less
		{210e6, 1e6, Refuted},
		{210e6, 15e6, Undecided},
		{230e6, 15e6, Refuted},
	} {
		w := newWorld(t, service, 1)
		w.sd = func(plan.Cell) float64 { return 0 }
		w.luck = make([]float64, len(w.luck))
		w.truth = func(plan.Cell) map[string]float64 {
			return map[string]float64{"latency.p99": c.p99, "send_lag.p99": c.lag, "cpu_per_request": 9000, "unserved": 0, "served": 8, "completed": 500, "rss_peak": 50 << 20}
		}
		a, err := Judge(w.run(8))
		require.NoError(t, err)
		for _, r := range a.Required {
			require.Equal(t, c.want, r.Each[0].Word, "%s: %s", r.Server, r.Each[0].Sentence)
			if c.want == Undecided {
				require.Contains(t, r.Each[0].Sentence, "p99 response time is 210 ms, but the generator was up to 15 ms late, which is part of it; less than 200 ms cannot be told")
			}
		}
	}
}

// Timers end late, so that a backend carries less than the arithmetic says. The design shows it in which requests wait least.
func TestABackendCarriesWhatWasMeasured(t *testing.T) {
	w := newWorld(t, service, 1)
	w.sd = func(plan.Cell) float64 { return 0 }
	w.luck = make([]float64, len(w.luck))
	spends := map[string]float64{"goroutine": 10.8e6, "epoll": 400e6, "pool": 11e6, "deadline": 9e6} // one answers too early
	answered := 1000.0
	w.truth = func(c plan.Cell) map[string]float64 {
		return map[string]float64{"latency.p99": 20e6, "service.p50": spends[c.Server], "achieved_rate": answered, "served": 8, "completed": 500}
	}
	a, err := Judge(w.run(8))
	require.NoError(t, err)
	require.Len(t, a.Carried(), 1, "one backend in two conditions")
	require.Equal(t, "goroutine", a.Carried()[0].Server)
	require.InEpsilon(t, 20/0.0108, a.Carried()[0].Rate, 1e-3)
	require.Equal(t, []string{Backend(a.Experiment)[0],
		"A request spends 10.8 ms there on this machine, not 10ms, by the median service time of goroutine: the backend carries about 1,852/s."}, a.Backend())

	spends["goroutine"] = 10.1e6
	a, err = Judge(w.run(8))
	require.NoError(t, err)
	require.Len(t, a.Backend(), 1, "as the arithmetic says")

	answered, spends["goroutine"] = 1700, 10.8e6
	a, err = Judge(w.run(8))
	require.NoError(t, err)
	require.Empty(t, a.Carried(), "near its end requests wait for a slot, and the median is not that of a slot")
}

// Little's law says before the run what the backend carries.
func TestTheBackendIsKnownBefore(t *testing.T) {
	e, err := spec.Parse("w.yaml", []byte("name: w\nquestion: q\n"+service), registry())
	require.NoError(t, err)
	require.Equal(t, []string{"The backend carries 2,000/s: 20 slots of 10ms each. 1,000/s need 10 of them on average."}, Backend(e))
	require.Equal(t, "No design meets 'latency.p99 < 10ms': a request spends 10ms in the backend alone.", Backend(func() spec.Experiment {
		tight := e
		tight.Require = []string{"latency.p99 < 10ms"}
		return tight
	}())[0])
	e.Load.Rate = 5000
	require.Equal(t, []string{"The backend carries 2,000/s at most: 20 slots of 10ms each. No design answers 5,000/s."}, Backend(e))
	e.Config.Protocol.Work.Slots = 0
	require.Empty(t, Backend(e))
	e.Config.Protocol.Work.Wait = time.Duration(0)
	require.Empty(t, Backend(e))
}

// Against arithmetic: with n slots of a wait each, the backend carries n/wait (Little's law). Below that a design that
// answers everybody is named, above it none is, and never one that left a client of the crowd without an answer.
func TestOnlyWhoHoldsTheLoadIsNamed(t *testing.T) {
	for _, slots := range []int{1, 5, 20, 100} {
		for _, rate := range []float64{50, 150, 900, 1900, 5000} {
			w := newWorld(t, fmt.Sprintf(`
servers: [goroutine, epoll, pool]
load: {connections: 8, idle: 100, rate: %v, duration: 500ms}
config: {wait: 10ms, slots: %d}
blocks: 3
require: ['latency.p99 < 200ms', 'unserved == 0']
`, rate, slots), 1)
			carries := float64(slots) / 0.010
			w.truth = func(c plan.Cell) map[string]float64 {
				most := map[string]float64{"goroutine": carries, "epoll": 100, "pool": carries}[c.Server] // epoll waits itself
				m := map[string]float64{"latency.p99": 20e6, "cpu_per_request": 9000, "unserved": 0, "served": 108, "completed": 500, "server_cpu": 0.1,
					"in_service": min(rate, most) * 0.010}
				if rate > most {
					m["latency.p99"] = 900e6
				}
				if c.Server == "pool" { // the crowd holds its workers
					m["unserved"], m["served"] = 92, 16
				}
				return m
			}
			a, err := Judge(w.run(3))
			require.NoError(t, err)
			for _, r := range a.Required {
				holds := r.Server == "goroutine" && rate < carries || r.Server == "epoll" && rate <= 100
				require.Equal(t, holds, r.Word == Holds, "%s, %v requests/s, %d slots: %s", r.Server, rate, slots, r.Word)
			}
			require.Equal(t, rate >= carries, strings.Contains(Backend(a.Experiment)[0], "No design answers"))
		}
	}
}
