package servertest

import (
	"context"
	"sync"
	"time"

	"socketbench/patterns/proc"
)

// lentTurns is how many turns of a patience may pass without being counted.
const lentTurns = 3 * patienceTurns

// starved reports whether the server waits for a CPU. It says nothing then because the machine does not let it run, and
// a rule that it would keep on a faster machine is not broken. Of a server in this process nothing is known: its threads
// are those of the check, too.
func (i *Instance) starved() bool {
	return i.PID != 0 && !i.Own && i.queue.waits(i.PID)
}

// queue remembers whether a process waited for a CPU. Thousands of clients whose turns end at the same time share a look.
type queue struct {
	mu   sync.Mutex
	next time.Time // a look before this time finds the same
	last bool
}

func (q *queue) waits(pid int) bool {
	const fresh = 20 * time.Millisecond
	q.mu.Lock()
	defer q.mu.Unlock()
	if time.Now().After(q.next) {
		q.last = proc.Contended() && proc.WantsCPU(pid, 0)
		q.next = time.Now().Add(fresh)
	}
	return q.last
}

// lentLimits is how many times a case on a busy machine may have the time of a case again.
const lentLimits = 3

// expires ends a case that takes longer than the limit. On a machine whose threads wait for CPUs, a case in which replies
// still come is given the time again. It returns when the case is over.
func (s *caseRun) expires(limit time.Duration, end context.CancelCauseFunc) {
	for lent := 0; ; lent++ {
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(limit):
		}
		if talks := proc.Clock()-s.heard.Load() < int64(s.patience); lent == lentLimits || !talks || !proc.Contended() {
			end(errEndless)
			return
		}
	}
}
