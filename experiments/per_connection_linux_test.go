package experiments

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/experiments/result"
)

// What is "per connection" divides by the connections that were there, not by those that were asked for.
func TestMemoryIsDividedByThoseWhoWereThere(t *testing.T) {
	measure := func(server string, idle int, wait time.Duration) result.Trial {
		p := small(t, server)
		p.Trials = p.Trials[:1]
		p.Cells = slices.Clone(p.Cells)
		c := &p.Cells[p.Trials[0].Cell]
		c.Load.Mute, c.Load.Requests, c.Load.Think, c.Load.Idle, c.Config.Protocol.Work.Wait = 0, 0, 0, idle, wait
		c.Load.Arrivals, c.Load.Rate, c.Load.Engine = load.Poisson, 200, load.EngineEpoll
		r, err := run(t, p, nil)
		require.NoError(t, err)
		return r.Trials[0]
	}
	all := measure("goroutine", 300, 0)
	require.EqualValues(t, 300, all.Raw["idle.start"], all.Reasons)
	require.EqualValues(t, 300, all.Raw["idle.end"], all.Reasons)
	require.EqualValues(t, 1, all.Metrics["disturbers"])
	there := all.Raw["idle.end"] + all.Raw["measured.end"]
	require.InDelta(t, (all.Raw["rss_loaded"]-all.Raw["rss_empty"])/there, all.Metrics["rss_per_connection"], 1)

	some := measure("pool", 300, 0)
	require.Less(t, some.Raw["idle.end"], 100.0, "as many as it has workers")
	require.InDelta(t, some.Raw["idle.end"]/300, some.Metrics["disturbers"], 1e-9)
	require.NotContains(t, some.Metrics, "rss_per_connection")
	require.Contains(t, some.Absent["rss_per_connection"], "fewer than 100 connections were there")
	require.Contains(t, some.Reasons.String(), "of 300 idle clients at both ends of the window")

	// Through a loop that waits 300 ms they would take a minute and a half.
	waits := measure("epoll", 300, 300*time.Millisecond)
	require.EqualValues(t, 300, waits.Raw["idle.start"], waits.Reasons)
	require.EqualValues(t, 300, waits.Raw["idle.end"], waits.Reasons)
	require.Zero(t, waits.Raw["idle.requests"])
}
