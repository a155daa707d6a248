package load

import (
	"bytes"
	"math"
	"math/rand/v2"
	"sync/atomic"
)

// maxSamples is how many whole requests a run keeps. The first of the window are kept one and all, so
// that a reader can follow who waited for whom, with those that were open then and never got a reply;
// of the others each is equally likely to be kept.
const (
	maxSamples = 2000
	opening    = 600
	maxHeld    = 200
)

// A recorder is what one engine writes down. It is filled without allocating and read when the engine has
// ended; only its live part may be read before. Times are ns on the engine's clock.
type recorder struct {
	start, end int64 // of the window
	length     int64 // of a step of the log
	scheduled  bool  // arrivals follow a schedule
	origin     int64 // what Sample counts from

	step     counts // response times of the current interval
	response counts
	service  counts
	lag      counts
	connect  counts
	first    counts // from connect to the first reply
	log      stepLog

	offered    int64 // what the schedule wanted within the window
	completed  int64 // right replies within the window
	late       int64 // replies after it
	unanswered int64
	atLeast    int64 // the smallest age of an unanswered request
	waited     int64 // the same from its send; those that were sent
	lost       int64
	wrong      int64
	duplicate  int64
	bytes      int64 // of replies to measured connections within the window
	received   int64 // from the server at any time, by anybody
	errors     [faults]int64
	firstWrong *WrongReply

	account    account
	vigil      vigil
	clients    []clientRecord // by measured connection
	samples    []Sample
	seen       int64 // requests that could have been sampled
	pick       int64 // the next one that will be
	held       int   // kept because they were open during the opening
	weight     float64
	random     *rand.Rand
	live       live
	cpu        int64                   // CPU time spent in the window, ns
	empty      int64                   // of that, polling without finding anything
	disturbers map[string]*disturbance // the measured ones have one too
	counted    bool                    // the window has ended, and who was there then is known
}

// disturbance is what disturbers of one kind did.
type disturbance struct {
	connected int64 // times
	requests  int64 // answered; of those that reset, asked
	ended     int64 // connections that the server ended
	errors    [faults]int64
	wanted    int64 // clients
	here      int64 // of those, the ones that are there now
	start     int64 // and that were at the window's start
	end       int64 // and at its end
	cut       int64 // still on their way when the bound was over
	wrong     int64
}

// live is what may be read while the engine plays.
type live struct {
	completed, served atomic.Int64
}

// newRecorder returns the recorder of an engine with so many measured connections.
func newRecorder(o Options, thread, conns int) *recorder {
	b := &recorder{
		length: int64(stepLength(o.Duration)), scheduled: o.Open(),
		step: newCounts(), response: newCounts(), service: newCounts(), lag: newCounts(), connect: newCounts(), first: newCounts(),
		clients: make([]clientRecord, conns),
		samples: make([]Sample, 0, maxSamples),
		random:  rand.New(rand.NewPCG(o.Seed^0x5ca1ab1e, uint64(thread))),
		weight:  1,
		atLeast: math.MaxInt64,
		waited:  math.MaxInt64,
	}
	b.log.reserve(o.Duration)
	b.disturbers = make(map[string]*disturbance)
	return b
}

// sent notes that a request which could have gone at ready left at now.
func (b *recorder) sent(ready, now int64) {
	if now >= b.start && now < b.end {
		b.lag.add(now - ready)
	}
}

// belongs reports whether a request that was wanted at a time is one of the window's. What a schedule wanted
// before is not; what a closed loop asked for before is, if the reply comes within: so many are always under way.
func (b *recorder) belongs(intended int64) bool {
	return intended < b.end && (intended >= b.start || !b.scheduled)
}

// wants notes what the schedule wants of a client.
func (b *recorder) wants(i int, intended int64) {
	if intended >= b.start {
		b.offered++
		b.clients[i].asked = true
	}
}

// lose notes a request whose connection ended at now, before its reply.
func (b *recorder) lose(intended, now int64) {
	if now >= b.start && b.belongs(intended) {
		b.lost++
	}
}

// done notes a whole reply, which is the right one or not, and reports whether it lies within the window and
// counts: a wrong reply serves nobody, and how soon it came is no figure of the server's.
func (b *recorder) done(i int, s Sample, open, right bool) bool {
	b.account.answer(b, s, open, right)
	c := &b.clients[i]
	c.last = s.Done
	if s.Done < b.start || s.Intended >= b.end {
		return false
	}
	c.count++
	if !right {
		return false
	}
	if c.right++; c.right == 1 {
		b.live.served.Add(1)
	}
	if !b.belongs(s.Intended) {
		return false
	}
	if s.Done >= b.end {
		b.endSteps(s.Done)
	}
	response := s.Done - s.Intended
	b.step.add(response)
	b.service.add(s.Done - s.Sent)
	c.max = max(c.max, response)
	c.buckets[clientBucket(response)]++
	if b.seen++; b.seen > b.pick {
		b.sample(s)
	}
	if s.Done >= b.end {
		b.late++
		return false
	}
	b.completed++
	return true
}

// open notes a request that has no reply at now, sent or not; Sent is -1 where it was not.
func (b *recorder) open(i int, s Sample, now int64) {
	if s.Intended >= b.end {
		return
	}
	c := &b.clients[i]
	c.asked = true
	c.open++
	if c.stuck == 0 || s.Intended < c.stuck {
		c.stuck = s.Intended
	}
	if !b.belongs(s.Intended) {
		return
	}
	age := max(0, now-s.Intended)
	b.unanswered++
	b.atLeast = min(b.atLeast, age)
	b.step.add(age)
	if s.Sent >= 0 {
		b.waited = min(b.waited, now-s.Sent)
		b.service.add(now - s.Sent)
	}
	c.max = max(c.max, age)
	c.buckets[clientBucket(age)]++
	s.Done = -1
	b.seen++
	switch {
	case b.held < maxHeld && len(b.samples) == maxSamples && s.Intended <= b.samples[opening-1].Done:
		b.held++
		b.samples[maxSamples-b.held] = s
	case b.seen > b.pick:
		b.sample(s)
	}
}

// sample keeps s in place of another, such that all requests after the opening are equally likely to be
// kept, and decides which is the next to be (algorithm L; Li 1994). Nothing is drawn for those between.
func (b *recorder) sample(s Sample) {
	if len(b.samples) < maxSamples {
		b.samples = append(b.samples, s)
		b.pick = b.seen
		if len(b.samples) < maxSamples {
			return
		}
	} else {
		b.samples[opening+b.random.IntN(maxSamples-opening)] = s
	}
	b.weight *= math.Exp(math.Log(1-b.random.Float64()) / (maxSamples - opening))
	b.pick = b.seen + int64(math.Log(1-b.random.Float64())/math.Log1p(-b.weight))
}

// disturb returns what disturbers of a kind did so far.
func (b *recorder) disturb(name string) *disturbance {
	d := b.disturbers[name]
	if d == nil {
		d = new(disturbance)
		b.disturbers[name] = d
	}
	return d
}

// shown is how many bytes of a wrong reply are kept.
const shown = 32

// differs notes a reply that is not what it must be: got and want are the same piece of it, from byte
// offset on. A reply is reported once.
func (b *recorder) differs(r *profile, conn int, request int64, offset int, got, want []byte) {
	if !r.measured {
		b.disturb(r.name).wrong++
		return
	}
	if b.wrong++; b.firstWrong != nil {
		return
	}
	i := 0
	for i < len(got) && got[i] == want[i] {
		i++
	}
	end := min(len(got), i+shown)
	b.firstWrong = &WrongReply{
		Conn: conn, Request: request, Offset: offset + i, Want: bytes.Clone(want[i:end]), Got: bytes.Clone(got[i:end]),
	}
}

// unasked notes bytes that nobody asked for. Behind a wrong reply they are the rest of it: an error message may be
// longer than what was due.
func (b *recorder) unasked(r *profile, behindWrong bool) {
	switch {
	case behindWrong:
	case r.measured:
		b.duplicate++
	default:
		b.disturb(r.name).wrong++
	}
}

// tick ends a step of the log.
func (b *recorder) tick() {
	b.log.fold(&b.step, &b.response)
	b.live.completed.Store(b.completed)
}

// endSteps ends the steps of the log that are over at now. The last ends with the window and may be shorter
// than the others; what comes later is in none of them.
func (b *recorder) endSteps(now int64) {
	for {
		next := b.log.ended.Load() * b.length // from the window's start
		if next >= b.end-b.start || min(b.start+next+b.length, b.end) > now {
			return
		}
		b.tick()
	}
}

// A fault is a way in which a connection ends that is not the client's own doing.
type fault int

const (
	refused fault = iota
	reset
	closed // the server ended it
	timeout
	unreachable
	descriptors
	ports
	other
	faults int = iota
)

// faultNames are what stands behind "errors." in a metric.
var faultNames = [faults]string{
	refused: "refused", reset: "reset", closed: "closed", timeout: "timeout", unreachable: "unreachable",
	descriptors: "descriptors", ports: "ports", other: "other",
}
