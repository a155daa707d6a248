package load

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// window is the recorder of a window of one second, from 1 s on, and the result that its figures go into.
func window(clients ...clientRecord) (*recorder, *Result, []clientRecord) {
	b := newRecorder(Options{Duration: 1e9}, 0, len(clients))
	b.start, b.end = 1e9, 2e9
	copy(b.clients, clients)
	return b, &Result{Metrics: map[string]float64{}}, b.clients
}

// finish folds the times and settles.
func finish(o Options, b *recorder, r *Result, clients []clientRecord) {
	b.tick()
	r.Response = b.response.histogram()
	r.settle(o, b, clients)
}

// What a server that stops in the middle of the window is worth does not depend on how many requests a closed loop
// holds open.
func TestAClientThatIsLeftWaitingCountsForWhatItWouldHaveAsked(t *testing.T) {
	b, r, clients := window(make([]clientRecord, 8)...)
	for i := range clients {
		for k := range int64(500) { // every ms for half of the window
			at := b.start + (k+1)*1e6
			require.True(t, b.done(i, Sample{Intended: at - 1e6, Sent: at - 1e6, Done: at}, false, true))
		}
		b.unansweredAt(i, Sample{Intended: b.start + 500e6, Sent: b.start + 500e6}, b.end+100e6)
	}
	finish(Options{Connections: 8}, b, r, clients)
	require.EqualValues(t, 4000, r.Right)
	require.InDelta(t, .5, r.Metrics["answered"], .001)
	require.InDelta(t, 4000, r.Metrics["missing"], 8)
	require.InDelta(t, 500e6, float64(r.Silent), 1)
}

// One of four clients has everything, as a server that serves one connection at a time has it.
func TestUnservedClientsCountAsTheServedOnes(t *testing.T) {
	b, r, clients := window(make([]clientRecord, 4)...)
	for k := range int64(1000) {
		at := b.start + k*1e6
		b.done(0, Sample{Intended: at, Sent: at, Done: at + 1e6 - 1}, false, true)
	}
	for i := 1; i < 4; i++ {
		b.unansweredAt(i, Sample{Intended: b.start - 1e9, Sent: -1}, b.end)
	}
	finish(Options{Connections: 4}, b, r, clients)
	require.InDelta(t, .25, r.Metrics["answered"], .001)
	require.InDelta(t, 3000, r.Metrics["missing"], 8)
	require.Zero(t, r.Silent.Milliseconds(), "the server went on")
}

// What the clients of a closed loop did not send is all that is missing but the requests that are under way.
func TestWhatWasNotSent(t *testing.T) {
	m := map[string]float64{"missing": 3000, "unanswered": 3}
	require.EqualValues(t, 2997, NotSent(m))
	require.Zero(t, NotSent(map[string]float64{"missing": 0, "unanswered": 14}), "all have a request under way")
	require.Zero(t, NotSent(map[string]float64{}))
	m["offered_rate"] = 9000
	require.Zero(t, NotSent(m), "an open loop sends for everybody")
}

// A client that is turned away again and again has a young request at the end, and waits all the same.
func TestTurnedAwayIsLeftWaiting(t *testing.T) {
	b, r, clients := window(make([]clientRecord, 2)...)
	for k := range int64(100) {
		at := b.start + k*10e6
		b.done(0, Sample{Intended: at, Sent: at, Done: at + 9e6}, false, true)
	}
	clients[1].asked = true
	b.unansweredAt(1, Sample{Intended: b.end - 1e6, Sent: -1}, b.end)
	finish(Options{Connections: 2}, b, r, clients)
	require.InDelta(t, .5, r.Metrics["answered"], .01)
}

// A slow server has a request of each client under way when the window ends: that is no request without an answer.
func TestWhatIsUnderWayIsNotMissing(t *testing.T) {
	b, r, clients := window(make([]clientRecord, 2)...)
	for i := range clients {
		for k := range int64(5) {
			at := b.start + k*170e6
			b.done(i, Sample{Intended: at, Sent: at, Done: at + 170e6}, false, true)
		}
		b.unansweredAt(i, Sample{Intended: b.start + 850e6, Sent: b.start + 850e6}, b.end+100e6)
	}
	finish(Options{Connections: 2}, b, r, clients)
	require.EqualValues(t, 1, r.Metrics["answered"])
	require.Zero(t, r.Metrics["missing"])
	require.Zero(t, r.Silent)
}

// Sessions queue for a worker: who waits at the end for as long as others did before is no client that was left.
func TestAQueueIsNotAStop(t *testing.T) {
	b, r, clients := window(make([]clientRecord, 2)...)
	for i := range clients {
		for k := range int64(100) { // every tenth request waits for 9 ms
			at, took := b.start+k*9e6, int64(1e5)
			if k%10 == 0 {
				took = 9e6
			}
			b.done(i, Sample{Intended: at, Sent: at, Done: at + took}, false, true)
		}
	}
	b.unansweredAt(0, Sample{Intended: b.end - 8e6, Sent: b.end - 8e6}, b.end+100e6)
	clients[0].ready = b.end - 8e6
	finish(Options{Connections: 2}, b, r, clients)
	require.EqualValues(t, 1, r.Metrics["answered"])
}

// In an open loop the arrivals of the window are what is wanted: not those before it, which may be answered in
// it, nor what is answered long after it.
func TestTheScheduleSaysWhatIsWanted(t *testing.T) {
	b, r, clients := window(clientRecord{})
	b.offered = 100
	one := func(intended, done int64, right bool) {
		b.done(0, Sample{Intended: intended, Sent: intended, Done: done}, true, right)
	}
	for k := range int64(50) { // left from before
		one(b.start-100e6+k, b.start+k, true)
	}
	for k := range int64(60) {
		one(b.start+k, b.start+500e6+k, true)
	}
	for k := range int64(3) {
		one(b.start+k, b.start+600e6+k, false)
	}
	one(b.end-1e6, b.end+1e6, true)    // a straggler
	one(b.start+1e6, b.end+90e6, true) // a second late
	b.lost = 5
	finish(Options{Arrivals: Poisson, Rate: 100}, b, r, clients)
	require.EqualValues(t, 61, r.Right)
	require.InDelta(t, .61, r.Metrics["answered"], 1e-9)
	require.EqualValues(t, 100-61-3-5, r.Metrics["missing"])
}

// What several processes measured is added up, not averaged, and one that still answers has not stopped.
func TestAccountsAddUp(t *testing.T) {
	sum := &Result{Metrics: map[string]float64{}}
	for i, part := range []*Result{{Right: 10, Wanted: 10}, {Right: 20, Wanted: 80, Missing: 60, Silent: 7}} {
		sum.addAccount(part, i == 0)
	}
	sum.account()
	require.InDelta(t, 30./90, sum.Metrics["answered"], 1e-9)
	require.EqualValues(t, 60, sum.Metrics["missing"])
	require.Zero(t, sum.Silent)
}
