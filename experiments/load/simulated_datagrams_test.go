// The race detector has nothing to say about simulated time, in which nothing runs at the same time.

//go:build !race

package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers/upper"
)

// datagrams is a load of datagrams: 4 clients, half a second before a reply counts as lost.
func datagrams(o Options) Options {
	o.Address, o.Connections, o.Duration = "udp://127.0.0.1:1", 4, 2*time.Second
	return o
}

// datagramServer answers what pass lets through, after a time. It is asked with the number of the datagram, from 0.
func datagramServer(o Options, pass func(i int) (answers int, after time.Duration)) simServer {
	i := 0
	return simServer{request: func(l *simLink, b []byte) {
		n, after := pass(i)
		i++
		reply, err := upper.Protocol{Framing: o.Framing}.Datagram(l.s.context, nil, b)
		require.NoError(l.s.t, err)
		for range n {
			l.reply(after, reply)
		}
	}}
}

// In a closed loop with one request under way, a client whose request or reply is lost goes on half a second later.
func TestALostDatagramIsNoErrorAndNoEnd(t *testing.T) {
	for _, f := range []upper.Framing{upper.Raw, upper.Line, upper.Length} {
		o := datagrams(Options{Framing: f})
		r := simulate(t, o, datagramServer(o, func(i int) (int, time.Duration) { return 0, 0 })).run()
		require.Zero(t, r.Metrics["completed"])
		require.EqualValues(t, 4*4, r.Metrics["lost"], "4 clients, for 2 s one request in each half second")
		require.Zero(t, r.Metrics["unanswered"], "the wait after the window decides the last ones: %v", r.Metrics)
		require.Zero(t, r.Metrics["errors.other"])

		r = simulate(t, o, datagramServer(o, func(i int) (int, time.Duration) { return 1, time.Millisecond })).run()
		flawless(t, r, o)
		require.EqualValues(t, 4*2000, r.Metrics["completed"]+float64(r.Late))
	}
}

// Replies may come in any order, and each is told from the others by its bytes.
func TestDatagramsInAnyOrder(t *testing.T) {
	o := datagrams(Options{Arrivals: Constant, Rate: 1000, Pipeline: 64})
	r := simulate(t, o, datagramServer(o, func(i int) (int, time.Duration) { return 1, time.Duration(37*(i%11)) * time.Millisecond / 10 })).run()
	flawless(t, r, o)
	require.EqualValues(t, 2000, r.Metrics["completed"]+float64(r.Late))

	r = simulate(t, o, datagramServer(o, func(i int) (int, time.Duration) { return min(1, i%5), time.Millisecond })).run()
	require.EqualValues(t, 400, r.Metrics["lost"], "every fifth")
	require.EqualValues(t, 1600, r.Metrics["completed"]+float64(r.Late))
	require.InDelta(t, .8, r.Metrics["answered"], 1e-9)
}

// A reply that comes after its request was counted as lost belongs to no other request, and a second reply is noticed.
func TestLateAndSecondReplies(t *testing.T) {
	o := datagrams(Options{Arrivals: Constant, Rate: 100, Pipeline: 64})
	r := simulate(t, o, datagramServer(o, func(i int) (int, time.Duration) { return 1, 600 * time.Millisecond })).run()
	require.Zero(t, r.Metrics["wrong"]+r.Metrics["duplicate"]+r.Metrics["completed"], "%v", r.Metrics)
	require.EqualValues(t, 200, r.Metrics["lost"])

	r = simulate(t, o, datagramServer(o, func(i int) (int, time.Duration) { return 2, time.Millisecond })).run()
	require.EqualValues(t, 200, r.Metrics["duplicate"])
	require.Zero(t, r.Metrics["wrong"]+r.Metrics["lost"])
}

// A reply that was cut, and one with other bytes, answer the oldest request, wrongly.
func TestCutAndWrongDatagrams(t *testing.T) {
	for _, spoil := range []func(b []byte) []byte{
		func(b []byte) []byte { return b[:32] },
		func(b []byte) []byte { return append(b, 'X') },
		func(b []byte) []byte { b[9] ^= 1; return b },
		func(b []byte) []byte { return nil },
	} {
		o := datagrams(Options{Arrivals: Constant, Rate: 100})
		r := simulate(t, o, simServer{request: func(l *simLink, b []byte) { l.reply(time.Millisecond, spoil(upper.Bytes(nil, b))) }}).run()
		require.EqualValues(t, 200, r.Metrics["wrong"], "%v", r.Metrics)
		require.Zero(t, r.Metrics["lost"]+r.Metrics["completed"])
		require.NotNil(t, r.Wrong)
	}
}

// What needs a connection is refused, in one sentence each.
func TestDatagramConflicts(t *testing.T) {
	for field, o := range map[string]Options{
		"mute": {Mute: 1}, "requests": {Requests: 1}, "stop": {Stop: true}, "conversation": {Conversation: &Conversation{Say: []byte("hello"), ReplyBytes: 5}},
		"size": {Size: 7},
	} {
		list := datagrams(o).DatagramConflicts()
		require.Len(t, list, 1, field)
		require.Equal(t, field, list[0].Field)
	}
	require.Len(t, datagrams(Options{Size: 65508}).DatagramConflicts(), 1)
	require.Empty(t, datagrams(Options{Size: 65507}).DatagramConflicts())
}
