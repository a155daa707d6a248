package verdict

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
	"socketbench/experiments/result"
)

// asked is an experiment whose headroom is searched: a backend with 20 slots of 10 ms each carries 2,000 requests a second.
const asked = `
servers: [goroutine, epoll, pool]
vary: {load.idle: [0, 100]}
load: {connections: 8, rate: 500, duration: 500ms}
config: {wait: 10ms, slots: 20}
blocks: 8
require: ['latency.p99 < 200ms', 'unserved == 0']
headroom: true
`

// pushed plays a search on a machine whose figures at each rate are given.
func pushed(a Analysis, h result.Headroom, rate float64, figures func(rate float64) result.Push) result.Headroom {
	h.Rate = rate
	for {
		times, more := a.Push(h)
		if !more {
			return h
		}
		p := figures(times * rate)
		p.Times, p.Rate = times, math.Round(times*rate/10)*10 // as a person would type it
		h.Pushes = append(h.Pushes, p)
	}
}

// figures are those of a trial that offers a rate to a server that carries so much.
func figures(rate, carries, serverCPU float64) result.Push {
	answered := min(rate, carries)
	m := map[string]float64{"latency.p99": 20e6, "unserved": 0, "offered_rate": rate, "achieved_rate": answered, "completed": answered / 2,
		"unanswered": (rate - answered) / 2, "server_cpu": serverCPU * answered / carries, "client_cpu": 0.1, "in_service": answered * 0.010, "service.mean": 11e6, "rss_peak": 50 << 20}
	if rate > carries {
		m["latency.p99"] = 900e6
		m["service.mean"] = 80e6
	}
	return result.Push{Metrics: m}
}

func askedRun(t *testing.T) (*world, result.Run) {
	w := newWorld(t, asked, 1)
	w.truth = func(c plan.Cell) map[string]float64 {
		m := figures(500, 2000, 0.2).Metrics
		m["cpu_per_request"] = 9000
		if c.Server == "pool" {
			m["unserved"] = 3
		}
		return m
	}
	return w, w.run(8)
}

// The headroom of a design is that of the condition with the least, and what gives out there is named.
func TestHeadroom(t *testing.T) {
	_, run := askedRun(t)
	run.Manifest.Host.MemoryKiB = 8 << 20
	a, err := Judge(run)
	require.NoError(t, err)
	designs := a.Searches()
	require.Len(t, designs, 2, "pool fails what is required")
	for _, searches := range designs {
		require.Len(t, searches, 2)
		for _, h := range searches {
			require.True(t, h.Known)
			require.NotEqual(t, "pool", h.Cell.Server())
		}
	}
	find := func(server string, condition int) result.Headroom {
		for _, searches := range designs {
			if h := searches[condition]; h.Cell.Server() == server {
				return h
			}
		}
		t.Fatal(server)
		return result.Headroom{}
	}
	for _, c := range []struct {
		server  string
		figures [2]func(rate float64) result.Push // of each condition
		words   string
		says    string
		short   Short
	}{
		{"goroutine", [2]func(float64) result.Push{
			func(rate float64) result.Push { return figures(rate, 2000, 0.2) },
			func(rate float64) result.Push { return figures(rate, 1300, 0.99) },
		}, "2.6 times", "goroutine beside 100 idle clients meets all up to 2.6 times the load asked (1,300/s); at 2.8 times (1,410/s) 'latency.p99 < 200ms' fails first, with 900 ms; " +
			"what gives out is the server's CPU, 99 % busy.", Short{"cpu", "the server's CPU, 99 % busy"}},
		{"epoll", [2]func(float64) result.Push{
			func(rate float64) result.Push { return figures(rate, 2000, 0.2) },
			func(rate float64) result.Push { return figures(rate, 1e6, 0.2) },
		}, "4 times", "epoll alone meets all up to 4 times the load asked (2,000/s); at 4.4 times (2,180/s) 'latency.p99 < 200ms' fails first, with 900 ms; " +
			"what gives out is the backend, 20 of 20 slots in use.", Short{"backend", "the backend, 20 of 20 slots in use"}},
	} {
		run.Manifest.Headrooms = nil
		most := float64(MostTimes)
		for i, figures := range c.figures {
			h := find(c.server, i)
			h.Most = most
			h = pushed(a, h, 500, figures)
			most = a.Found(h).Met
			require.LessOrEqual(t, len(h.Pushes), MostPushes)
			run.Manifest.Headrooms = append(run.Manifest.Headrooms, h)
		}
		again, err := Judge(run)
		require.NoError(t, err)
		for _, r := range again.Required {
			if r.Server != c.server {
				require.Nil(t, r.Headroom)
				continue
			}
			require.Equal(t, c.words, r.Headroom.String())
			require.Equal(t, c.says, r.Headroom.Sentence)
			require.Equal(t, c.short, r.Headroom.Short)
		}
	}
}

// What is said of a search that did not end at a requirement.
func TestHeadroomThatIsABound(t *testing.T) {
	_, run := askedRun(t)
	a, err := Judge(run)
	require.NoError(t, err)
	h := a.Searches()[0][0]
	h.Cell = result.Cell{"server": "goroutine", "load.idle": 0}
	fast := func(rate float64) result.Push { return figures(rate, 1e6, 0.2) }
	for _, c := range []struct {
		known   bool
		figures func(rate float64) result.Push
		words   string
		says    string
	}{
		{true, fast, "at least 16 times", "goroutine alone meets all up to at least 16 times the load asked (8,000/s): the search ends there."},
		{true, func(rate float64) result.Push {
			p := fast(rate)
			p.Late = rate > 3000
			return p
		}, "at least 5.7 times", "goroutine alone meets all up to 5.7 times the load asked (2,830/s); at 6.2 times (3,080/s) the generator gives out first, so that the design may carry more."},
		{true, func(rate float64) result.Push {
			p := fast(rate)
			if rate > 1500 {
				p.Fault = "died (signal: killed)"
			}
			return p
		}, "2.8 times", "goroutine alone meets all up to 2.8 times the load asked (1,410/s); at 3.1 times (1,540/s) it died (signal: killed); what gives out is the design itself."},
		{true, func(rate float64) result.Push {
			p := fast(rate)
			if rate > 600 {
				p.Spoilt = "the machine stood still"
			}
			return p
		}, "at least the load asked", "goroutine alone meets all at the load asked (500/s); the search could not go on: in 3 of its trials the machine stood still."},
		{true, func(rate float64) result.Push { // a response time of 0 is none
			p := fast(rate)
			p.Metrics["latency.p99"] = 0
			return p
		}, "at least the load asked", "goroutine alone meets all at the load asked (500/s); the search could not go on: in 3 of its trials it has no figure for p99 response time."},
		{true, func(rate float64) result.Push { return figures(rate, 510, 0.1) }, "less than 1.1 times",
			"goroutine alone meets all at the load asked (500/s), and at 1.1 times (550/s) 'latency.p99 < 200ms' fails first, with 900 ms, while nothing is half used."},
		{false, func(rate float64) result.Push { return figures(rate, 400, 0.1) }, "none",
			"goroutine alone has no headroom: in the search, at the load asked (500/s), 'latency.p99 < 200ms' fails first, with 900 ms; what gives out is the design itself."},
		{true, func(rate float64) result.Push { // slots of 10 ms take 12 ms each
			p := figures(rate, 1650, 0.1)
			p.Metrics["service.mean"] = 60e6
			return p
		}, "3.1 times", "goroutine alone meets all up to 3.1 times the load asked (1,540/s); at 3.4 times (1,680/s) 'latency.p99 < 200ms' fails first, with 900 ms; " +
			"what gives out is the backend, 16.5 of 20 slots in use."},
		{true, func(rate float64) result.Push { // no requirement sees it, but a queue grows
			p := figures(rate, 1100, 0.1)
			p.Metrics["latency.p99"] = 20e6
			return p
		}, "2.2 times", "goroutine alone meets all up to 2.2 times the load asked (1,090/s); at 2.4 times (1,190/s) it falls behind first: it answers 1,100/s; what gives out is the design itself."},
		{true, func(rate float64) result.Push { // 8 connections, each asks again when it has its reply
			p := figures(rate, 730, 0.1)
			p.Metrics["service.mean"] = 11e6
			return p
		}, "1.4 times", "goroutine alone meets all up to 1.4 times the load asked (710/s); at 1.5 times (770/s) 'latency.p99 < 200ms' fails first, with 900 ms; " +
			"what gives out is the connections: all of them wait for a reply nearly all the time."},
	} {
		search := h
		search.Known = c.known
		found := a.Found(pushed(a, search, 500, c.figures))
		require.Equal(t, c.words, found.String())
		require.Equal(t, c.says, found.Sentence)
	}
}

// A design that cannot be judged is not searched, and one of which it cannot be told begins with the load asked.
func TestWhatIsSearched(t *testing.T) {
	w, _ := askedRun(t)
	truth := w.truth
	w.truth = func(c plan.Cell) map[string]float64 {
		m := truth(c)
		if c.Server == "goroutine" {
			m["latency.p99"] = 200e6 // on the bound
		}
		return m
	}
	w.spoil = func(t *result.Trial, c plan.Cell) { t.Valid = c.Server != "epoll" }
	a, err := Judge(w.run(8))
	require.NoError(t, err)
	designs := a.Searches()
	require.Len(t, designs, 1)
	require.Equal(t, "goroutine", designs[0][0].Cell.Server())
	require.False(t, designs[0][0].Known)
	times, more := a.Push(designs[0][0])
	require.True(t, more)
	require.Equal(t, 1.0, times)

	a.Experiment.Headroom = false
	require.Empty(t, a.Searches())
}

// A search that was interrupted says so.
func TestHeadroomThatIsNotFinished(t *testing.T) {
	_, run := askedRun(t)
	a, err := Judge(run)
	require.NoError(t, err)
	h := a.Searches()[0][0]
	h = pushed(a, h, 500, func(rate float64) result.Push { return figures(rate, 1e6, 0.2) })
	whole := a.Found(h)
	require.False(t, whole.Open)
	h.Pushes = h.Pushes[:2]
	part := a.Found(h)
	require.True(t, part.Open)
	require.Contains(t, part.Sentence, "at least 4 times the load asked (2,000/s); the search is not finished (run --resume).")
}
