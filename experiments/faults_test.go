package experiments

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/servers"
	"socketbench/servers/upper"
)

// working is a configuration in which requests cost something.
func working(w upper.Work) servers.Config {
	return servers.Config{Protocol: upper.Protocol{Work: w}}
}

// asked is a trial of a server that had so many clients, and answered nobody for so long at its window's end.
func asked(server string, clients int, config servers.Config, silent time.Duration) *measurement {
	none := func(servers.Config) servers.Server { return nil }
	m := &measurement{
		runner: &runner{Options: Options{Registry: servers.Registry{
			{Name: "sequential", New: none, Traits: servers.Traits{MaxConns: 1}},
			{Name: "pool", New: none, Traits: servers.Traits{ConnPerWorker: true}},
			{Name: "goroutine", New: none},
			{Name: "deadline", New: none, Traits: servers.Traits{PerConn: time.Millisecond}},
			{Name: "epoll", New: none, Traits: servers.Traits{Stalls: true}},
		}}},
		cell:  plan.Cell{Server: server, Config: config, Load: load.Options{Connections: clients}},
		load:  &load.Result{Silent: silent, Received: 1, Metrics: map[string]float64{}},
		trial: result.Trial{Raw: map[string]float64{}},
	}
	m.answers()
	return m
}

// A server that stopped is to blame unless its design promises no better.
func TestStoppedIsAFaultAndAPromiseIsNone(t *testing.T) {
	const half = 500 * time.Millisecond
	for _, c := range []struct {
		server  string
		clients int
		config  servers.Config
		silent  time.Duration
		fault   bool
	}{
		{"goroutine", 8, servers.Config{}, half, true},
		{"goroutine", 8, servers.Config{}, 0, false},
		{"goroutine", 8, servers.Config{}, silence, true}, // a whole window of that length
		{"goroutine", 8, servers.Config{}, silence - 1, false},
		{"python3 mine.py {port}", 8, servers.Config{}, half, true},
		{"sequential", 1, servers.Config{}, half, true},
		{"sequential", 8, servers.Config{}, half, false}, // holds the others by design
		{"pool", 8, servers.Config{Workers: 8}, half, true},
		{"pool", 9, servers.Config{Workers: 8}, half, false},
		{"deadline", 8, servers.Config{}, half, true},
		{"deadline", 2000, servers.Config{}, half, false}, // a sweep of two seconds
		{"goroutine", 64, working(upper.Work{Wait: 5 * time.Millisecond}), half, true},
		{"epoll", 64, working(upper.Work{Wait: 5 * time.Millisecond}), half, false}, // each waits for the handlers of all others
		{"epoll", 64, servers.Config{}, half, true},
	} {
		m := asked(c.server, c.clients, c.config, c.silent)
		require.Equal(t, c.fault, m.trial.Fault.Kind != "", "%+v: %s", c, m.trial.Fault)
	}
	m := asked("goroutine", 8, servers.Config{}, half)
	require.Equal(t, "stopped answering: it had answered, and nobody got a reply in the last 500 ms of the window, though clients waited", m.trial.Fault.String())
	require.EqualValues(t, math.MaxInt64, asked("sequential", 8, servers.Config{}, 0).mayBeSilent())
}

// What a generator without a turn did not hear is no silence of the server.
func TestAPauseOfTheGeneratorIsNoFaultOfTheServer(t *testing.T) {
	const half = 500 * time.Millisecond
	for paused, fault := range map[time.Duration]bool{0: true, 100 * time.Millisecond: true, 400 * time.Millisecond: false, half: false} {
		m := asked("goroutine", 8, servers.Config{}, 0)
		m.load.Silent, m.load.Paused = half, paused
		m.answers()
		require.Equal(t, fault, m.trial.Fault.Kind == reason.Stopped, "paused for %v: %s", paused, m.trial.Fault)

		m = asked("goroutine", 8, servers.Config{}, 0)
		m.load.Received, m.window, m.load.Paused = 0, half, paused
		m.answers()
		require.Equal(t, fault, m.trial.Fault.Kind == reason.Nobody, "paused for %v: %s", paused, m.trial.Fault)
	}
}

// Who answers nobody though nobody stands in front has failed, whatever it is.
func TestAnsweredNobody(t *testing.T) {
	nobody := func(server string, clients, mute int) string {
		m := asked(server, clients, servers.Config{}, 0)
		m.load.Received, m.window, m.cell.Load.Mute = 0, time.Second, mute
		m.answers()
		return m.trial.Fault.String()
	}
	require.Contains(t, nobody("python3 mine.py {port}", 8, 0), "answered nobody: ")
	require.Contains(t, nobody("goroutine", 8, 0), "answered nobody: ")
	require.Empty(t, nobody("python3 mine.py {port}", 8, 1), "it may serve one after the other")
	require.Empty(t, nobody("sequential", 8, 1))
	require.Empty(t, nobody("deadline", 2000, 0), "a sweep takes longer than the window")
}

// What was asked for before the window and answered in it makes more answers than arrivals, and is told.
func TestMoreAnswersThanArrivals(t *testing.T) {
	m := asked("goroutine", 8, servers.Config{}, 0)
	m.window = time.Second
	for _, c := range []struct {
		achieved float64
		told     bool
	}{{2400, true}, {2009, false}, {1900, false}} {
		m.trial.Reasons = nil
		m.load.Metrics = map[string]float64{"offered_rate": 2000, "achieved_rate": c.achieved}
		m.answers()
		require.Equal(t, c.told, len(m.trial.Reasons) == 1, c.achieved)
		if c.told {
			require.Equal(t, "warning: 2,400/s were answered and 2,000/s were asked for: the difference had been asked for before the window", m.trial.Reasons[0].String())
		}
	}
}
