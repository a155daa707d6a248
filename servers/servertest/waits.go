package servertest

import (
	"context"
	"time"
)

// Waits of a case. Each ends with the time of the case.

// over reports whether the time of the case is over. Errors from then on say nothing about the server.
func (s *caseRun) over() bool {
	if ends, ok := s.ctx.Deadline(); ok && !time.Now().Before(ends) {
		<-s.ctx.Done() // a dial keeps this deadline with a timer of its own, which may be the first of the two
	}
	return s.ctx.Err() != nil
}

// within runs a case and returns how it failed. cut reports whether the check was over before the case was: then nothing
// is decided, even if the case failed because its connections were closed.
func (s *caseRun) within(run func()) (failure *Failure, cut bool) {
	type outcome struct {
		failure *Failure
		over    bool
	}
	ended := make(chan outcome, 1)
	go func() {
		defer func() {
			f := caught(recover())
			ended <- outcome{f, s.over()}
		}()
		run()
	}()
	defer context.AfterFunc(s.ctx, s.hangUp)()
	var came outcome
	select {
	case came = <-ended:
	case <-s.ctx.Done():
		select {
		case came = <-ended:
		case <-time.After(straggle):
			came.over = true
		}
	}
	switch {
	case !came.over:
		return came.failure, false
	case context.Cause(s.ctx) == errEndless:
		return &Failure{What: errEndless.Error()}, false
	}
	return nil, true
}

// pause gives the server a moment; no rule depends on whether it is long enough. It ends the case if its time is
// over, so that no loop with a pause goes on.
func (s *caseRun) pause(d time.Duration) {
	s.rest(d)
	if s.over() {
		panic(&Failure{What: errEndless.Error()})
	}
}

// settle gives the server d to notice what its client has done, and ten times as long where its threads may have to wait for a
// CPU. No rule depends on whether that is long enough, but a fault may show only if it is.
func (s *caseRun) settle(d time.Duration) {
	for left := d; left > 0; {
		from := now()
		s.pause(min(left, d/4))
		left -= time.Duration(max(0.1, from.quiet()) * float64(time.Since(from.at)))
	}
}

// moment is a moment of a machine.
type moment struct {
	at      time.Time
	stalled time.Duration // see stalled
}

func now() moment { return moment{time.Now(), stalled()} }

// quiet is the share of the time since then in which no thread of the machine had to wait for a CPU, 0 to 1.
func (m moment) quiet() float64 {
	return max(0, 1-float64(stalled()-m.stalled)/float64(max(1, time.Since(m.at))))
}

// rest waits, at most until the time of the case is over.
func (s *caseRun) rest(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.ctx.Done():
	}
}

// patienceTurns is how many waits make up a patience. If the machine stands still for long, that uses up one of them,
// not all.
const patienceTurns = 10

// perClient is how much the patience grows for each client that came before. A server that starts a process for each
// needs that much.
const perClient = 20 * time.Millisecond

// patiently calls try with a part of the patience at a time, until it succeeds or the patience is over, and reports
// whether it succeeded. A server to which many clients have come must serve them first, so it gets up to four times as
// long. A turn at whose end the server waits for a CPU is not counted, up to lentTurns of them.
func (s *caseRun) patiently(try func(until time.Time) (over bool)) bool {
	return counted(func() bool {
		conns := time.Duration(max(s.server.lastConns.Load(), s.connected.Load()))
		return try(time.Now().Add(min(4*s.patience, s.patience+conns*perClient) / patienceTurns))
	}, func() bool { return !s.over() && s.server.starved() })
}

// counted calls try until it succeeds, or has failed in patienceTurns turns that count, and reports whether it succeeded.
// After each turn that failed, starved is asked whether it does not count.
func counted(try, starved func() bool) bool {
	for turns, lent := 0, 0; turns < patienceTurns; {
		switch {
		case try():
			return true
		case lent < lentTurns && starved():
			lent++
		default:
			turns++
		}
	}
	return false
}

// comes waits for an event and reports whether it came.
func (s *caseRun) comes(event <-chan struct{}) bool {
	return s.patiently(func(until time.Time) bool {
		t := time.NewTimer(time.Until(until))
		defer t.Stop()
		select {
		case <-event:
			return true
		case <-t.C:
			return false
		case <-s.ctx.Done():
			return false
		}
	})
}

// eventually asks until it holds, and ends the case if the patience is over first.
func (s *caseRun) eventually(holds func() bool, format string, args ...any) {
	s.eventuallyAs("", holds, format, args...)
}

// eventuallyAs is eventually with a known cause.
func (s *caseRun) eventuallyAs(cause string, holds func() bool, format string, args ...any) {
	step := 200 * time.Microsecond
	held := s.patiently(func(until time.Time) bool {
		for time.Now().Before(until) && !s.over() {
			if holds() {
				return true
			}
			s.pause(step)
			step = min(2*step, 20*time.Millisecond)
		}
		return holds()
	})
	if !held {
		s.failAs(cause, format, args...)
	}
}

// lazily is a text that is computed when it is printed.
type lazily func() string

func (l lazily) String() string { return l() }
