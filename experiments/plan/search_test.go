package plan

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/servers"
)

func parse(t *testing.T, text string) spec.Experiment {
	e, err := spec.Parse("x.yaml", []byte("name: x\nquestion: q\n"+text), nil)
	require.NoError(t, err)
	return e
}

// frozen answers the searches of a plan as if every server carried 100,000 requests/s.
func frozen(t *testing.T, p Plan) Plan {
	var capacities []result.Capacity
	var loads []result.Frozen
	for i, s := range p.Searches {
		capacities = append(capacities, result.Capacity{Cell: s.Cell.ID, Rate: 1e5})
		for _, w := range s.For {
			loads = append(loads, result.Frozen{Condition: w.Condition, Capacity: i,
				Utilization: w.Shares.Rate, Rate: 1e5 * w.Shares.Rate,
				BurstUtilization: w.Shares.Peak, Peak: 1e5 * w.Shares.Peak,
				ThinkUtilization: w.Shares.Think, Think: time.Duration(1e6 * w.Shares.Think)})
		}
	}
	// As a run that is resumed reads them.
	text, err := json.Marshal(loads)
	require.NoError(t, err)
	var read []result.Frozen
	require.NoError(t, json.Unmarshal(text, &read))
	p, err = p.Freeze(capacities, read)
	require.NoError(t, err)
	return p
}

func TestUtilizationsNeedASearchForEachShape(t *testing.T) {
	p, err := New(parse(t, "servers: [pool, goroutine, epoll]\nbaseline: goroutine\nvary: {load.utilization: [0.5, 0.9], load.size: [1, 64], config.wait: [0s, 5ms]}\n"), 1, trunks)
	require.NoError(t, err)
	var got []string
	for _, s := range p.Searches {
		require.Equal(t, "closed", s.Cell.Load.Arrivals)
		require.Len(t, s.For, 2, "one search for both utilizations")
		got = append(got, s.Cell.ID.Key())
	}
	require.Equal(t, []string{
		`{"config.wait":"0s","load.size":1,"server":"goroutine"}`, `{"config.wait":"5ms","load.size":1,"server":"goroutine"}`,
		`{"config.wait":"0s","load.size":64,"server":"goroutine"}`, `{"config.wait":"5ms","load.size":64,"server":"goroutine"}`,
	}, got)
	p = frozen(t, p)
	require.Empty(t, p.Searches)
	for _, c := range p.Cells {
		require.Equal(t, 1e5*c.ID["load.utilization"].(float64), c.Load.Rate)
	}
}

// The same load stands beside any disturbers.
func TestDisturbersNeedNoSearch(t *testing.T) {
	p, err := New(parse(t, "servers: [goroutine]\nload: {utilization: 0.5}\nvary: {load.mute: [0, 8], load.idle: [0, 100], load.bulk: [0, 1], load.size: [1, 64]}\n"), 1, trunks)
	require.NoError(t, err)
	require.Len(t, p.Searches, 2)
	for i, s := range p.Searches {
		require.Equal(t, fmt.Sprintf(`{"load.size":%d,"server":"goroutine"}`, []int{1, 64}[i]), s.Cell.ID.Key())
		require.Zero(t, s.Cell.Load.Mute+s.Cell.Load.Idle+s.Cell.Load.Bulk)
		require.Len(t, s.For, 8)
	}
}

func TestBurstsAndThinkTimesAreFrozenToo(t *testing.T) {
	p, err := New(parse(t, "servers: [epoll]\nload: {arrivals: burst, utilization: 0.2, burst: {utilization: 150%, width: 10ms, period: 1s}}\n"), 1, trunks)
	require.NoError(t, err)
	p = frozen(t, p)
	require.Equal(t, 2e4, p.Cells[0].Load.Rate)
	require.Equal(t, 1.5e5, p.Cells[0].Load.Burst.Peak)
	p, err = New(parse(t, "servers: [epoll]\nload: {think_utilization: 0.5}\n"), 1, trunks)
	require.NoError(t, err)
	require.Equal(t, 500*time.Microsecond, frozen(t, p).Cells[0].Load.Think)
}

// The hash covers the rates; without any it is the one that it has always been.
func TestHashCoversTheRates(t *testing.T) {
	p, err := New(parse(t, "servers: [epoll]\nload: {utilization: 0.5}\n"), 1, trunks)
	require.NoError(t, err)
	a := frozen(t, p)
	require.NotEqual(t, p.Hash, a.Hash)
	require.Equal(t, a.Hash, frozen(t, p).Hash)
	other := a.Loads[0]
	other.Rate++
	b, err := p.Freeze(a.Capacities, []result.Frozen{other})
	require.NoError(t, err)
	require.NotEqual(t, a.Hash, b.Hash)
	require.Zero(t, p.Cells[0].Load.Rate, "the plan that was frozen is another one")
}

func TestFreezeWantsALoadForEachCondition(t *testing.T) {
	p, err := New(parse(t, "servers: [epoll]\nvary: {load.utilization: [0.5, 0.9]}\n"), 1, trunks)
	require.NoError(t, err)
	loads := frozen(t, p).Loads
	_, err = p.Freeze(nil, loads[:1])
	require.EqualError(t, err, `plan: there is no load for condition {"load.utilization":0.9}`)
	loads[1].Utilization = 0.8
	_, err = p.Freeze(nil, loads)
	require.Error(t, err)
}

func TestABaselineThatCannotServeIsReplacedAloud(t *testing.T) {
	r := designs("sequential", "goroutine", "pool", "select", "epoll")
	r[0].Traits.MaxConns = 1
	r[2].Traits.ConnPerWorker = true
	r[3].Traits.MaxFD = 1024
	for _, test := range []struct{ text, server, why string }{
		{"servers: [sequential, pool, epoll]\nload: {utilization: 0.5, requests: 10}", "sequential", ""},
		{"servers: [sequential, pool, epoll]\nload: {utilization: 0.5}", "epoll", "sequential serves only some of these clients"},
		{"servers: [sequential, pool]\nload: {utilization: 0.5}", "sequential", ""},
		{"servers: [sequential, pool, epoll]\nload: {utilization: 0.5, requests: 10, mute: 8}", "sequential", ""},
		{"servers: [sequential, epoll]\nutilization_of: sequential\nload: {utilization: 0.5, mute: 1}", "sequential", ""},
		{"servers: [select, epoll]\nload: {utilization: 0.5, connections: 2000}", "epoll", "select cannot be asked there"},
		{"servers: [select, './mine {port}']\nload: {utilization: 0.5, connections: 2000}", "./mine {port}", "select cannot be asked there"},
	} {
		p, err := New(parse(t, test.text), 1, r)
		require.NoError(t, err)
		require.Len(t, p.Searches, 1)
		require.Equal(t, test.server, p.Searches[0].Cell.Server, test.text)
		if test.server == "sequential" {
			require.Empty(t, p.Searches[0].Why)
		} else {
			require.Equal(t, test.why, p.Searches[0].Why, test.text)
		}
	}
	_, err := New(parse(t, "servers: [select, epoll]\nutilization_of: select\nload: {utilization: 0.5, connections: 2000}"), 1, r)
	require.EqualError(t, err, `plan: utilization_of "select": select refuses descriptors from 1,024 on, and there are 2,000 clients; name another server, or leave that condition out`)
	p, err := New(parse(t, "servers: [gone, epoll]\nutilization_of: gone\nload: {utilization: 0.5}"), 1, append(r, servers.Entry{Name: "gone", Needs: "linux"}))
	require.NoError(t, err, "a design that is not here cannot be measured here: %v", fmt.Sprint(p.Skipped))
	require.Equal(t, "epoll", p.Searches[0].Cell.Server)
}
