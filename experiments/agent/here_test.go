package agent

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/patterns/child"
	"socketbench/patterns/proc"
	"socketbench/servers"
)

func TestMain(m *testing.M) {
	child.Become(host.ChildCommand, host.Child(servers.All()))
	child.Become(host.SuperviseCommand, host.Supervise)
	child.Become(load.Command, load.Main)
	goleak.VerifyTestMain(m)
}

func here(t *testing.T) *Here {
	h := New(servers.All(), nil)
	t.Cleanup(func() {
		require.NoError(t, h.Close())
		require.Equal(t, []int{os.Getpid()}, proc.Tree(os.Getpid()), "nothing is left")
	})
	return h
}

func goroutine() ServeOrder { return ServeOrder{Job: host.Job{Server: "goroutine"}} }

// small is a load of a few clients. Each second attempt takes twice as long, for machines that are busy.
func small(address string, attempt int) LoadOrder {
	longer := time.Millisecond << min(attempt/2, 4)
	return LoadOrder{Options: load.Options{Address: address, Connections: 3, Mute: 2, Warmup: 20 * longer, Duration: 100 * longer}}
}

// window begins on h's clock after a lead. Its length is that of the load.
func window(t *testing.T, h *Here, lead time.Duration, of load.Options) Window {
	now, err := h.Clock(t.Context())
	require.NoError(t, err)
	w := Window{First: now + int64(lead)}
	w.Start = w.First + int64(of.Warmup)
	w.End = w.Start + int64(of.Duration)
	return w
}

// inTime plays a trial again while the machine was late to read what it used. attempt is the number of the attempt; it says
// whether the machine was in time.
func inTime(t *testing.T, play func(attempt int) bool) {
	for attempt := range 10 {
		if play(attempt) {
			return
		}
	}
	t.Fatal("ten attempts were late")
}

func TestATrialHere(t *testing.T) {
	h := here(t)
	inTime(t, func(attempt int) bool { return aTrialHere(t, h, Trial{Run: "run", Order: 3, Attempt: attempt}) })
}

func aTrialHere(t *testing.T, h *Here, name Trial) (inTime bool) {
	serving, err := h.Serve(t.Context(), name, goroutine())
	require.NoError(t, err)
	require.Contains(t, serving.Address, "tcp://127.0.0.1:")
	require.True(t, serving.Known)
	order := small(serving.Address, name.Attempt)
	require.NoError(t, h.Prepare(t.Context(), name, order))
	connected, err := h.Connect(t.Context(), name)
	require.NoError(t, err)
	require.True(t, connected.Playing)
	w := window(t, h, connected.Lead, order.Options)
	require.NoError(t, h.Begin(t.Context(), name, w))
	outcome, err := h.Result(t.Context(), name)
	require.NoError(t, err)
	require.Empty(t, outcome.Unplayed)
	inTime = outcome.Load.Metrics["completed"] > 0 // the server had a CPU in this short window
	if len(proc.CPUs()) > 0 {                      // Linux reads when the server was looked at
		inTime = inTime && outcome.Seen.Whole && int64(outcome.Seen.From.Server.At) <= w.Start
	}
	if !inTime {
		_, err = h.End(t.Context(), name)
		require.NoError(t, err)
		return false
	}
	require.EqualValues(t, 2, outcome.Load.Disturbers["mute.end"])
	if len(proc.CPUs()) > 0 { // Linux
		seen := outcome.Seen
		require.GreaterOrEqual(t, int64(seen.To.Server.At), w.End)
		require.Positive(t, seen.To.Server.Since(seen.From.Server).CPU)
		require.Positive(t, seen.Peak.RSS)
		require.Positive(t, seen.Peak.Goroutines)
		require.True(t, seen.To.Generating)
	}
	ending, err := h.End(t.Context(), name)
	require.NoError(t, err)
	require.True(t, ending.Stopped)
	require.False(t, ending.Died)
	require.Empty(t, ending.Undrained)
	ending, err = h.End(t.Context(), name)
	require.NoError(t, err)
	require.Zero(t, ending, "nothing of it is left")
	return true
}

// An agent that only loads starts no server, and one that only serves plays nothing.
func TestHalfATrial(t *testing.T) {
	server, loader := here(t), here(t)
	inTime(t, func(attempt int) bool { return halfATrial(t, server, loader, attempt) })
}

func halfATrial(t *testing.T, server, loader *Here, attempt int) (inTime bool) {
	serve, play := Trial{Run: "run", Order: 0, Attempt: 2 * attempt}, Trial{Run: "run", Order: 0, Attempt: 2*attempt + 1}
	serving, err := server.Serve(t.Context(), serve, goroutine())
	require.NoError(t, err)
	order := small(serving.Address, attempt)
	require.NoError(t, loader.Prepare(t.Context(), play, order))
	connected, err := loader.Connect(t.Context(), play)
	require.NoError(t, err)
	w := window(t, loader, connected.Lead, order.Options)
	require.NoError(t, loader.Begin(t.Context(), play, w))
	require.NoError(t, server.Begin(t.Context(), serve, w))
	played, err := loader.Result(t.Context(), play)
	require.NoError(t, err)
	require.False(t, played.Seen.From.Served)
	served, err := server.Result(t.Context(), serve)
	require.NoError(t, err)
	require.Nil(t, served.Load)
	inTime = played.Load.Metrics["completed"] > 0 && (len(proc.CPUs()) == 0 || served.Seen.Whole)
	ending, err := loader.End(t.Context(), play)
	require.NoError(t, err)
	require.Zero(t, ending)
	ending, err = server.End(t.Context(), serve)
	require.NoError(t, err)
	require.True(t, ending.Stopped)
	return inTime
}

// Whatever comes after what, a step of another trial is refused, and a trial that begins ends the one before.
func TestOneTrialAtATime(t *testing.T) {
	h := here(t)
	first, second := Trial{Run: "run", Order: 0, Attempt: 0}, Trial{Run: "run", Order: 0, Attempt: 1}
	_, err := h.Connect(t.Context(), first)
	require.ErrorContains(t, err, "is not under way")
	one, err := h.Serve(t.Context(), first, goroutine())
	require.NoError(t, err)
	_, err = h.Result(t.Context(), second)
	require.ErrorContains(t, err, "is not under way")
	two, err := h.Serve(t.Context(), second, goroutine())
	require.NoError(t, err)
	require.NotEqual(t, one.Address, two.Address)
	require.ErrorContains(t, h.Begin(t.Context(), first, Window{}), "is not under way")
	require.NoError(t, h.Prepare(t.Context(), second, small(two.Address, 0)))
}

func TestAStoppedTrialEndsSoon(t *testing.T) {
	h, name := here(t), Trial{Run: "run", Order: 0, Attempt: 0}
	serving, err := h.Serve(t.Context(), name, goroutine())
	require.NoError(t, err)
	o := small(serving.Address, 0)
	o.Duration = time.Hour
	require.NoError(t, h.Prepare(t.Context(), name, o))
	_, err = h.Connect(t.Context(), name)
	require.NoError(t, err)
	require.NoError(t, h.Begin(t.Context(), name, window(t, h, time.Millisecond, load.Options{Duration: time.Hour})))
	require.NoError(t, h.Stop(t.Context(), name))
	outcome, err := h.Result(t.Context(), name)
	require.NoError(t, err)
	require.False(t, outcome.Seen.Whole)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = h.End(ended, name)
	require.NoError(t, err)
}

// What makes a trial invalid is told apart from an agent that is lost.
func TestFailuresOfATrial(t *testing.T) {
	h, name := here(t), Trial{Run: "run", Order: 0, Attempt: 0}
	var failure *Failure
	_, err := h.Serve(t.Context(), name, ServeOrder{Placement: "nowhere"})
	require.True(t, errors.As(err, &failure))
	require.Contains(t, failure.Text, `no placement "nowhere"`)
	var start *host.StartError
	_, err = h.Serve(t.Context(), name, ServeOrder{Job: host.Job{Server: "exit 3; {port}"}})
	require.True(t, errors.As(err, &start), "%v", err)
	require.True(t, errors.As(h.Prepare(t.Context(), name, small("tcp://192.0.2.1:7", 0)), &failure))
	require.Contains(t, failure.Text, "beyond this machine")
}

// What can be measured of a placement is told, and one that cannot be had has nothing.
func TestThePaceOfAPlacement(t *testing.T) {
	h := here(t)
	for name, want := range map[string]int{host.Same: 1, host.Shared: min(2, len(proc.CPUs())), "elsewhere": 0} {
		if len(proc.CPUs()) == 0 {
			want = 0
		}
		paces, err := h.Pace(t.Context(), name)
		require.NoError(t, err)
		cpus := 0
		for what, pace := range paces {
			require.Positive(t, pace)
			if !strings.Contains(what, "-") {
				cpus++
			}
		}
		require.Equal(t, want, cpus, name)
	}
}

func TestFacts(t *testing.T) {
	facts, err := here(t).Facts(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, facts.Engine)
	require.Positive(t, facts.WorkUnit)
	if len(proc.CPUs()) > 0 {
		require.Equal(t, proc.CPUs(), facts.Machine.CPUs)
		p, err := facts.Machine.Placement("")
		require.NoError(t, err)
		same, err := host.NewPlacement("")
		require.NoError(t, err)
		require.Equal(t, same, p)
	}
}
