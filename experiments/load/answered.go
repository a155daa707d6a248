package load

import (
	"math"
	"time"

	"socketbench/experiments/metric"
)

// How much of what the clients wanted within a window was answered.
//
// In an open loop the schedule says what was wanted: the arrivals of the window. In a closed loop a client that waits
// sends nothing, so that the earlier a server hangs, the fewer requests it is sent. Where 8 clients have 5,000 replies
// and then wait for half of the window, 5,000 of 5,008 requests are answered, but only half of what the clients wanted.
// So a client that is left waiting counts for the requests that it would have sent meanwhile, at the rate of the clients
// that were served: the correction for coordinated omission, in counts.
//
// A client is left waiting when it has no reply at the window's end and has waited for longer than any reply took. One
// that has waited for less has a request under way: its session waits for a worker, or the handler is slow. A client
// without any reply in the window was left waiting where it waited for longer than 99 of 100 replies took, since some of
// the clients with a reply may have waited as long.

// An account is what one engine or several count for it.
type account struct {
	right   int64 // right replies to what was wanted
	wrong   int64 // wrong replies to it
	longest int64 // response time within the window
	last    int64 // when the last whole reply came, at any time; 0: none did
}

// answer counts a whole reply to a measured client.
func (a *account) answer(b *recorder, s Sample, openLoop, right bool) {
	a.last = max(a.last, s.Done)
	switch {
	case s.Done < b.start || s.Intended >= b.end:
		return
	case openLoop && s.Intended < b.start: // wanted before the window
		return
	case s.Done >= b.end && !(openLoop && s.Done-s.Intended <= int64(grace)):
		return // a closed loop sent it when there was no time left to answer
	}
	a.longest = max(a.longest, s.Done-s.Intended)
	if right {
		a.right++
	} else {
		a.wrong++
	}
}

// add adds the account of another engine.
func (a *account) add(other account) {
	a.right += other.right
	a.wrong += other.wrong
	a.longest = max(a.longest, other.longest)
	a.last = max(a.last, other.last)
}

// settle fills in how much of what was wanted in the window was answered. b holds the counters of all engines.
func (r *Result) settle(o Options, b *recorder, clients []clientRecord) {
	if b.start == never || b.end <= b.start {
		return
	}
	usual := int64(0) // 99 of 100 answers took no longer
	if all := r.Response.TotalCount(); all > b.unanswered {
		usual = r.Response.Quantile(.99 * float64(all-b.unanswered) / float64(all))
	}
	left, waited := int64(0), int64(0) // requests of clients that were left waiting, and for how long these waited in all
	for i := range clients {
		limit := b.account.longest
		if clients[i].count == 0 {
			limit = usual
		}
		if since, wants := clients[i].waits(b); wants && b.end-since > limit {
			left += max(1, clients[i].unanswered)
			waited += b.end - since
		}
	}
	a := b.account
	r.Right, r.Wanted = float64(a.right), float64(a.right+a.wrong+b.lost)
	switch served := int64(len(clients))*(b.end-b.start) - waited; {
	case o.OpenLoop():
		r.Wanted = max(r.Wanted, float64(b.offered))
	case left > 0 && served > 0:
		r.Wanted += math.Round(max(float64(left), float64(waited)*float64(b.completed)/float64(served)))
	default:
		r.Wanted += float64(left)
	}
	r.Missing = r.Wanted - float64(a.right+a.wrong+b.lost)
	if left > 0 && a.last > 0 {
		r.Silent = time.Duration(max(0, b.end-max(a.last, b.start)))
	}
	r.account()
}

// waits returns since when in the window a client has waited that wants a reply at the window's end. A client that the
// server turns away again and again waits since the first time.
func (c *clientRecord) waits(b *recorder) (since int64, wants bool) {
	since = b.end
	if c.stuck > 0 {
		since = min(since, c.stuck)
	}
	if c.stuck > 0 || c.asked && c.count == 0 {
		since, wants = min(since, c.ready), true
	}
	return max(since, b.start), wants
}

// account adds the metrics. Where nothing was wanted there are none.
func (r *Result) account() {
	if r.Wanted > 0 {
		r.Metrics[metric.Answered], r.Metrics[metric.Missing] = r.Right/r.Wanted, r.Missing
	}
}

// NotSent is how many of a trial's missing requests were never sent, because the clients of a closed loop were still waiting
// for an earlier reply. No histogram has them. In an open loop every request is sent, or counted at its age.
func NotSent(m map[string]float64) float64 {
	if _, open := m[metric.OfferedRate]; open {
		return 0
	}
	return max(0, m[metric.Missing]-m[metric.Unanswered])
}

// addAccount adds what another process measured. The server has stopped answering where it has for all processes.
func (r *Result) addAccount(part *Result, first bool) {
	r.Right += part.Right
	r.Wanted += part.Wanted
	r.Missing += part.Missing
	if first || part.Silent < r.Silent {
		r.Silent = part.Silent
	}
}
