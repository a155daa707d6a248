package load

import (
	"fmt"
	"sync"
	"time"

	"socketbench/experiments/reason"
)

// What shows that datagrams meet nobody, while not one has come back. A system refuses those to a port where nobody listens
// (ICMP). Where nothing is heard at all, the run ends after as long as a connection is waited for, if enough are lost.
const (
	lookEvery  = 20 * time.Millisecond
	enoughLost = 20
)

// lookout ends a run of datagrams that nobody receives.
type lookout struct {
	done  chan struct{}
	ended sync.WaitGroup
	why   string // "": somebody receives them, or the run was over first
}

// lookOut watches a run whose first request is sent at t0. Where nobody receives the datagrams, it calls quit.
func (g *engineGroup) lookOut(o Options, t0 int64, quit func()) *lookout {
	l := &lookout{done: make(chan struct{})}
	if !o.GiveUp || !o.Datagrams() {
		return l
	}
	l.ended.Go(func() {
		ticks := time.NewTicker(lookEvery)
		defer ticks.Stop()
		for {
			select {
			case <-l.done:
				return
			case <-ticks.C:
			}
			heard, refused, lost := false, int64(0), int64(0)
			for _, b := range g.recorders() {
				heard = heard || b.live.heard.Load()
				refused += b.live.refused.Load()
				lost += b.live.lost.Load()
			}
			since := time.Duration(clock() - t0)
			switch {
			case heard:
				return
			case refused >= int64(o.Connections), refused > 0 && since >= lossAfter:
				l.why = "nobody received the datagrams"
			case lost >= enoughLost && since >= o.alone():
				l.why = fmt.Sprintf("not one of %d datagrams was answered in %v", lost, since.Round(100*time.Millisecond))
			default:
				continue
			}
			quit()
			return
		}
	})
	return l
}

// alone is how long nothing may come back.
func (o Options) alone() time.Duration {
	if o.unheard > 0 {
		return o.unheard
	}
	return patience
}

// end ends the watch and returns why the run was ended; "" if it was not.
func (l *lookout) end() string {
	close(l.done)
	l.ended.Wait()
	return l.why
}

// unplayed marks r as the result of a run that met nobody.
func (r *Result) unplayed(why string) {
	var none reason.List
	none.Invalid(reason.Clients, "nothing was played: %s: %s", why, strangers(r.Metrics))
	r.Valid, r.Unplayed, r.Reasons = false, true, append(none, r.Reasons...)
}
