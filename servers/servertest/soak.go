package servertest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"
)

// SoakReport compares the resources that a server holds before and after a long time under mixed clients.
type SoakReport struct {
	Name          string
	Lasted        time.Duration
	Conversations int64
	Failure       *Failure // of a conversation; nil: none
	Before, After Holdings
}

// Holdings are the resources that a server holds while nobody is connected. A figure that is unknown here is -1.
type Holdings struct {
	Descriptors int
	Goroutines  int
	Memory      int // bytes: the heap of a server in this process, the resident memory of another
}

// allowedGrowth is how many bytes memory may grow over a soak, as pools and the collector keep some.
const allowedGrowth = 16 << 20

// OK reports whether every conversation was right and no holding grew.
func (r *SoakReport) OK() bool {
	return r.Failure == nil && r.After.Descriptors <= r.Before.Descriptors && r.After.Goroutines <= r.Before.Goroutines+8 &&
		r.After.Memory <= r.Before.Memory+allowedGrowth
}

func (r *SoakReport) String() string {
	word := "holds no more than before"
	if r.Failure != nil {
		word = "failed: " + r.Failure.Error()
	} else if !r.OK() {
		word = "holds more than before"
	}
	return fmt.Sprintf("%s after %v and %d conversations: descriptors %d -> %d, goroutines %d -> %d, memory %d -> %d KiB: %s", r.Name,
		r.Lasted.Round(time.Second), r.Conversations, r.Before.Descriptors, r.After.Descriptors, r.Before.Goroutines, r.After.Goroutines,
		r.Before.Memory>>10, r.After.Memory>>10, word)
}

// Soak starts the target once and keeps clients of every kind on it for d, or until one is answered
// wrongly: honest ones, and ones that reset, half-close, stop in the middle or do not read. say is told of
// the progress, about every tenth of the time; it may be nil. The error is that of a server that does not start, or of
// a ctx that ended first.
func Soak(ctx context.Context, t Target, d time.Duration, say func(string)) (report *SoakReport, err error) {
	if t.Start == nil {
		return nil, fmt.Errorf("only an address is known; name a server or a command, so that its resources can be measured")
	}
	cfg := (&runner{target: &t}).config(&Case{})
	server, err := t.Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := &caseRun{ctx: ctx, target: &t, server: server, framing: t.Framing, limit: cfg.Protocol.WithDefaults().Limit, patience: 10 * time.Second,
		config: cfg, rng: rand.New(rand.NewPCG(1, 2))}
	report = &SoakReport{Name: t.Name}
	defer context.AfterFunc(ctx, s.hangUp)()
	defer func() {
		f := caught(recover())
		if ctx.Err() != nil {
			report, err = nil, errors.New("it was interrupted before the server's resources could be compared")
		} else {
			report.Failure = f
		}
		s.hangUp()
		server.Stop()
		select {
		case <-server.Done:
		case <-time.After(s.patience):
		}
	}()
	clients := 4
	if t.Traits != nil {
		if n := t.Traits.Capacity(cfg); n > 0 {
			clients = min(clients, n)
		}
	}
	s.mix(clients, 50) // pools and buffers are filled once
	began := time.Now()
	report.Before = s.holdings(Holdings{})
	for next := d / 10; time.Since(began) < d && ctx.Err() == nil; {
		report.Conversations += s.mix(clients, 50)
		if say != nil && time.Since(began) > next {
			say(fmt.Sprintf("%s: %v, %d conversations", t.Name, time.Since(began).Round(time.Second), report.Conversations))
			next += d / 10
		}
	}
	report.Lasted = time.Since(began)
	report.After = s.holdings(report.Before)
	return report, nil
}

// mix has n clients at once hold each conversations of every kind and returns how many were held.
func (s *caseRun) mix(n, each int) int64 {
	s.each(n, func(int) {
		for k := range each {
			c := s.dial()
			switch k % 16 {
			case 0:
				c.send(s.frame("gone"))
				c.reset()
			case 1:
				c.send([]byte("hal"))
				c.hangUp()
			case 2:
				c.exchange(s.traffic(100<<10, 900))
				c.end()
			case 3:
				c.tryWrite(s.traffic(60<<10, 900))
				c.hangUp()
			case 4:
				c.flood(s.traffic(64<<10, 900), 2<<20)
				c.reset()
			case 5:
				s.pause(10 * time.Millisecond)
			default:
				for range 20 {
					c.ask("soak")
				}
				c.end()
			}
			c.hangUp()
		}
	})
	s.forget()
	return int64(n * each)
}

// holdings looks at the server once nobody is connected. It waits until it holds no more than before, for
// as long as the patience lasts.
func (s *caseRun) holdings(before Holdings) (h Holdings) {
	for end := time.Now().Add(s.patience); ; s.pause(50 * time.Millisecond) {
		h = Holdings{Descriptors: -1, Goroutines: -1, Memory: -1}
		if s.server.PID != 0 {
			h.Descriptors, h.Memory = descriptors(s.server.PID), resident(s.server.PID)
		}
		if s.server.Own {
			runtime.GC()
			h.Memory = int(heap())
		}
		if s.server.Goroutines != nil {
			h.Goroutines = s.server.Goroutines()
		}
		settled := h.Descriptors <= before.Descriptors && h.Goroutines <= before.Goroutines
		if before == (Holdings{}) {
			s.pause(200 * time.Millisecond)
			settled = h.Descriptors == descriptors(s.server.PID)
		}
		if settled || time.Now().After(end) {
			return h
		}
	}
}
