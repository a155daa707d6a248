package spec

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const crowded = `name: crowd
question: q
servers: [goroutine, epoll]
vary:
  load.idle: [0, 500, 10000, 20000]
load: {connections: 32, mute: 8}
predict:
  - {claim: A crowd costs nothing., metric: cpu_per_request, of: {server: epoll, load.idle: 10000}, against: {server: epoll, load.idle: 0}, expect: "~ 1x ±10%"}
  - {claim: Twice the crowd costs nothing., metric: cpu_per_request, of: {server: epoll, load.idle: 20000}, against: {server: epoll, load.idle: 10000}, expect: "~ 1x ±10%"}
  - {claim: It takes long., metric: latency.p50, of: {server: epoll, load.idle: 20000}, expect: "> 400ms"}
  - {claim: All are served., metric: unserved, of: {server: epoll, load.idle: 20000}, expect: "== 0"}
  - {claim: All are served without a crowd., metric: unserved, of: {server: epoll, load.idle: 0}, expect: "== 0"}
`

func fit(t *testing.T, text string, l Limits) (Experiment, []string) {
	t.Helper()
	e, err := Parse("x.yaml", []byte(text), registry())
	require.NoError(t, err)
	fitted, cut, err := e.Fit(l)
	require.NoError(t, err)
	require.NoError(t, fitted.Check(registry()))
	again, err := Parse("again.yaml", fitted.YAML(), registry())
	require.NoError(t, err)
	require.Equal(t, fitted.YAML(), again.YAML(), "a manifest keeps what was run")
	return fitted, cut
}

func TestACrowdIsCutDownAndSaid(t *testing.T) {
	e, cut := fit(t, crowded, Limits{Descriptors: 4096})
	require.Equal(t, []string{"4,040 idle clients instead of 10,000 and 20,000: a process here may open 4,096 descriptors; raise that with ulimit -n 20056"}, cut)
	require.Equal(t, []any{0, 500, 4040}, e.Vary[0].Values, "what falls together is one condition")
	require.Equal(t, 32, e.Load.Connections, "the largest number is cut, and no other")

	require.Equal(t, 4040, e.Predict[0].Of["load.idle"])
	require.Equal(t, "A crowd costs nothing (asked with 4,040 idle clients instead of 10,000 and 20,000).", e.Predict[0].Claim)
	require.Empty(t, e.Predict[0].NotAsked)
	require.Contains(t, e.Predict[1].NotAsked, "leave nothing to compare")
	require.Contains(t, e.Predict[2].NotAsked, "another number of clients")
	require.Empty(t, e.Predict[3].NotAsked, "nobody is nobody in any crowd")
	require.Equal(t, "All are served without a crowd.", e.Predict[4].Claim)
}

func TestWhatFitsStaysAsItIs(t *testing.T) {
	for _, l := range []Limits{{}, {Descriptors: 20056}, {Ports: 100}, {Memory: 64 << 30}} {
		e, cut := fit(t, crowded, l)
		require.Empty(t, cut)
		require.Equal(t, []any{0, 500, 10000, 20000}, e.Vary[0].Values)
	}
}

func TestEachLimitHasItsReason(t *testing.T) {
	_, cut := fit(t, crowded, Limits{Memory: 1 << 30})
	require.Equal(t, []string{"8,136 idle clients instead of 10,000 and 20,000: half of the free memory is 512 MiB, and a client may take 64.1 KiB"}, cut)
	portable := "name: x\nquestion: q\nservers: [epoll]\nload: {connections: 5000, engine: portable}\n"
	e, cut := fit(t, portable, Limits{Ports: 3000, Descriptors: 20000})
	require.Equal(t, []string{"3,000 connections instead of 5,000: connections to one address may come from 3,000 ports; widen net.ipv4.ip_local_port_range, or choose load.engine epoll"}, cut)
	require.Equal(t, 3000, e.Load.Connections)
	_, cut = fit(t, portable+"transport: unix\n", Limits{Ports: 3000})
	require.Empty(t, cut, "a unix socket needs no port")
	_, cut = fit(t, "name: x\nquestion: q\nservers: [epoll]\nload: {connections: 500}\nvary: {load.size: [64, 1MiB]}\n", Limits{Memory: 1 << 30})
	require.Equal(t, []string{"248 connections instead of 500: half of the free memory is 512 MiB, and a client may take 2.06 MiB"}, cut)
	_, cut = fit(t, crowded, Limits{Descriptors: 64})
	require.Equal(t, []string{"8 idle clients instead of 500, 10,000 and 20,000: a process here may open 64 descriptors; raise that with ulimit -n 20056"}, cut)
}

func TestTooFewDescriptorsAreSaid(t *testing.T) {
	e, err := Parse("x.yaml", []byte(crowded), registry())
	require.NoError(t, err)
	_, _, err = e.Fit(Limits{Descriptors: 30})
	require.EqualError(t, err, "a process here may open 30 descriptors, and a run needs 64 at least; raise it: ulimit -n 20000")
	_, _, err = e.Fit(Limits{Memory: 300 << 10})
	require.ErrorContains(t, err, "not even one client of each kind fits: half of the free memory is 150 KiB")
}
