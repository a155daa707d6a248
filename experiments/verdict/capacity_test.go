package verdict

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
	"socketbench/experiments/result"
)

// utilized is a run of goroutine and epoll at half of what goroutine carries, which was so many requests/s.
func utilized(t *testing.T, carries float64) result.Run {
	w := newWorld(t, "servers: [goroutine, epoll]\nload: {utilization: 0.5}\n", 3)
	w.truth = sound
	w.sd = func(plan.Cell) float64 { return 0.004 }
	clear(w.luck) // equal figures are seen to be equal
	r := w.run(10)
	r.Manifest.Capacities = []result.Capacity{{Cell: result.Cell{"server": "goroutine"}, Connections: 64, Rate: carries}}
	r.Manifest.Loads = []result.Frozen{{Condition: result.Cell{}, Utilization: 0.5, Rate: carries / 2}}
	return r
}

func TestRunsAtOtherLoadsAreNotComparedInSilence(t *testing.T) {
	metrics := []string{"latency.p99", "served"}
	compare := func(before, after result.Run) Across {
		x, err := Compare(before, after, metrics)
		require.NoError(t, err)
		return x
	}
	first := utilized(t, 182_000)

	near := utilized(t, 186_000)
	near.Trials[0].Seconds++ // another run
	x := compare(first, near)
	require.Empty(t, x.Changed, "two searches differ by a little")
	require.Contains(t, x.Warnings, "each run measured what its utilizations are shares of, and the loads of 2 cells differ, by up to 2.2 % "+
		"(load.rate of goroutine is 91000, then 93000); run --rates repeats a run at the loads of an earlier one")
	for _, c := range x.Changes {
		require.Empty(t, c.Why)
	}

	far := utilized(t, 120_000)
	far.Trials[0].Seconds++
	x = compare(first, far)
	require.Equal(t, []string{"load.rate is 91000, then 60000"}, x.Changed)
	for _, c := range x.Changes {
		if c.Metric == "served" {
			require.Empty(t, c.Why, "it does not depend on the rate")
			continue
		}
		require.Equal(t, Undecided, c.Word)
		require.Equal(t, "the same utilization was another load: load.rate is 91000, then 60000; run --rates repeats a run at the loads of an earlier one", c.Why)
	}
	for text, want := range map[string]Word{"latency.p99>5%": Undecided, "served<-5%": Holds} {
		g := gateOf(t, first, far, text)
		require.Equal(t, want, g.Findings[0].Word, "%s: %s", text, g.Findings[0].Sentence)
	}
}

func TestLoadsInWords(t *testing.T) {
	goroutine := result.Cell{"server": "goroutine"}
	for _, test := range []struct {
		c     result.Capacity
		loads []result.Frozen
		want  string
	}{
		{result.Capacity{Cell: goroutine, Connections: 64, Rate: 182_000}, []result.Frozen{{Utilization: 0.5, Rate: 91_000}, {Utilization: 0.9, Rate: 164_000}},
			"goroutine carries 182,000/s here with 64 connections; utilization 0.5 is 91,000/s, utilization 0.9 is 164,000/s"},
		{result.Capacity{Cell: result.Cell{"server": "epoll", "load.mute": 8}, Connections: 16, Rate: 50_000, LowerBound: true, Disturbed: true, Why: "pool serves only some of these clients"},
			[]result.Frozen{{ThinkUtilization: 0.3, Think: 400 * time.Microsecond}},
			"epoll carries at least 50,000/s here with 16 connections beside 8 silent clients; think utilization 0.3 is a pause of 400 µs; the machine stood still or was slow meanwhile, so that this is a rough figure (pool serves only some of these clients)"},
		{result.Capacity{Cell: result.Cell{"server": "epoll", "load.connections": 1000, "load.size": 64}, Connections: 1000, Rate: 1.5e6},
			[]result.Frozen{{Utilization: 0.1, Rate: 150_000, BurstUtilization: 1.5, Peak: 2.25e6}},
			"epoll carries 1,500,000/s here with 1,000 connections, 64 bytes; utilization 0.1 is 150,000/s, burst utilization 1.5 is 2,250,000/s"},
	} {
		require.Equal(t, test.want, Carries(test.c, test.loads))
	}
	run := utilized(t, 182_000)
	a, err := Judge(run)
	require.NoError(t, err)
	require.Equal(t, []string{"goroutine carries 182,000/s here with 64 connections; utilization 0.5 is 91,000/s."}, Loads(run.Manifest.Capacities, run.Manifest.Loads))
	require.Equal(t, "91,000/s", a.Cells[0].InForce)
}
