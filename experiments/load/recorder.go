package load

import (
	"bytes"
	"math"
	"math/rand/v2"
	"sync/atomic"
)

// maxSamples is how many whole requests a run keeps. It keeps all of the first ones of the window, so that a reader
// can follow which waited for which, with those that were outstanding then and never answered. Each of the others is
// equally likely to be kept.
const (
	maxSamples = 2000
	opening    = 600
	maxHeld    = 200
)

// A recorder keeps what happens to the requests of one engine. It is filled without allocating, and read when the
// engine has ended; only its live part may be read before. Times are ns on the engine's clock.
type recorder struct {
	began      int64 // how long after the moment that it was told the clients could send
	start, end int64 // of the window
	length     int64 // of an interval of the log
	scheduled  bool  // arrivals follow a schedule
	origin     int64 // what Sample counts from

	interval counts // response times of the current interval
	response counts
	service  counts
	lag      counts
	connect  counts
	first    counts // from connect to the first reply
	log      intervalLog

	offered    int64 // what the schedule wanted within the window
	replies    int64 // right replies within the window, whenever they were wanted
	completed  int64 // of those, to requests of the window, see belongs
	late       int64 // replies after it
	unanswered int64
	atLeast    int64 // the smallest age of an unanswered request
	waited     int64 // the same from its send; those that were sent
	lost       int64
	unread     int64 // datagrams that the system dropped at full sockets of the clients within the window
	wrong      int64
	duplicate  int64
	bytes      int64 // of replies to measured connections within the window
	received   int64 // from the server at any time, by anybody
	errors     [faults]int64
	firstWrong *WrongReply

	account    account
	pauses     pauses
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
	disturbers map[string]*disturbance // one of each kind, and one of the measured clients
	counted    bool                    // the window has ended, and it is known which clients were connected then
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
	cut       int64 // still connecting when the time for it was over
	wrong     int64
}

// live is what may be read while the engine runs.
type live struct {
	replies, served atomic.Int64
	heard           atomic.Bool  // of datagrams: one came back
	refused, lost   atomic.Int64 // of datagrams: sockets that were refused, requests without a reply
}

// newRecorder returns the recorder of an engine with so many measured connections.
func newRecorder(o Options, thread, conns int) *recorder {
	r := &recorder{
		length: int64(intervalLength(o.Duration)), scheduled: o.OpenLoop(),
		interval: newCounts(), response: newCounts(), service: newCounts(), lag: newCounts(), connect: newCounts(), first: newCounts(),
		clients: make([]clientRecord, conns),
		samples: make([]Sample, 0, maxSamples),
		random:  rand.New(rand.NewPCG(o.Seed^0x5ca1ab1e, uint64(thread))),
		weight:  1,
		atLeast: math.MaxInt64,
		waited:  math.MaxInt64,
	}
	r.log.reserve(o.Duration)
	r.disturbers = make(map[string]*disturbance)
	return r
}

// sent records the send lag of a request that could have been sent at ready and was sent at now.
func (r *recorder) sent(ready, now int64) {
	if now >= r.start && now < r.end {
		r.lag.add(now - ready)
	}
}

// belongs reports whether a request with this intended time counts in the window. An arrival before the window does
// not. A closed loop's request from before does, where its reply comes within: as many are outstanding at the end.
func (r *recorder) belongs(intended int64) bool {
	return intended < r.end && (intended >= r.start || !r.scheduled)
}

// wants records an arrival for a client.
func (r *recorder) wants(i int, intended int64) {
	if intended >= r.start {
		r.offered++
		r.clients[i].asked = true
	}
}

// lose records a request whose connection ended at now, before its reply.
func (r *recorder) lose(intended, now int64) {
	if now >= r.start && r.belongs(intended) {
		r.lost++
	}
}

// done records a whole reply, right or wrong, and reports whether it is a right one of the window. A wrong reply serves
// nobody, so its time is not recorded.
func (r *recorder) done(i int, s Sample, openLoop, right bool) bool {
	r.account.answer(r, s, openLoop, right)
	c := &r.clients[i]
	c.ready = s.Done
	if s.Done < r.start || s.Intended >= r.end {
		return false
	}
	c.count++
	if !right {
		return false
	}
	if c.right++; c.right == 1 {
		r.live.served.Add(1)
	}
	if s.Done < r.end {
		r.replies++
	} else {
		r.endIntervals(s.Done)
	}
	if !r.belongs(s.Intended) {
		return false
	}
	response := s.Done - s.Intended
	r.interval.add(response)
	r.service.add(s.Done - s.Sent)
	c.max = max(c.max, response)
	c.buckets[clientBucket(response)]++
	if r.seen++; r.seen > r.pick {
		r.sample(s)
	}
	if s.Done >= r.end {
		r.late++
		return false
	}
	r.completed++
	return true
}

// unansweredAt records a request that has no reply at now. Sent is -1 where it was not sent either.
func (r *recorder) unansweredAt(i int, s Sample, now int64) {
	if s.Intended >= r.end {
		return
	}
	c := &r.clients[i]
	c.asked = true
	c.unanswered++
	if c.stuck == 0 || s.Intended < c.stuck {
		c.stuck = s.Intended
	}
	if !r.belongs(s.Intended) {
		return
	}
	age := max(0, now-s.Intended)
	r.unanswered++
	r.atLeast = min(r.atLeast, age)
	r.interval.add(age)
	if s.Sent >= 0 {
		r.waited = min(r.waited, now-s.Sent)
		r.service.add(now - s.Sent)
	}
	c.max = max(c.max, age)
	c.buckets[clientBucket(age)]++
	s.Done = -1
	r.seen++
	switch {
	case r.held < maxHeld && len(r.samples) == maxSamples && s.Intended <= r.samples[opening-1].Done:
		r.held++
		r.samples[maxSamples-r.held] = s
	case r.seen > r.pick:
		r.sample(s)
	}
}

// sample keeps s in place of another one, such that all requests after the opening are equally likely to be kept, and
// draws which request is the next to be kept (algorithm L; Li 1994). For those between, nothing is drawn.
func (r *recorder) sample(s Sample) {
	if len(r.samples) < maxSamples {
		r.samples = append(r.samples, s)
		r.pick = r.seen
		if len(r.samples) < maxSamples {
			return
		}
	} else {
		r.samples[opening+r.random.IntN(maxSamples-opening)] = s
	}
	r.weight *= math.Exp(math.Log(1-r.random.Float64()) / (maxSamples - opening))
	r.pick = r.seen + int64(math.Log(1-r.random.Float64())/math.Log1p(-r.weight))
}

// disturb returns what disturbers of a kind did so far.
func (r *recorder) disturb(name string) *disturbance {
	d := r.disturbers[name]
	if d == nil {
		d = new(disturbance)
		r.disturbers[name] = d
	}
	return d
}

// shown is how many bytes of a wrong reply are kept.
const shown = 32

// differs records a wrong reply: got and want are the same piece of it, from byte offset on. It is called once for a
// reply.
func (r *recorder) differs(p *profile, conn int, request int64, offset int, got, want []byte) {
	if !p.measured {
		r.disturb(p.name).wrong++
		return
	}
	if r.wrong++; r.firstWrong != nil {
		return
	}
	i := 0
	for i < len(got) && got[i] == want[i] {
		i++
	}
	end := min(len(got), i+shown)
	r.firstWrong = &WrongReply{
		Conn: conn, Request: request, Offset: offset + i, Want: bytes.Clone(want[i:end]), Got: bytes.Clone(got[i:end]),
	}
}

// unasked records bytes that no request asked for. Behind a wrong reply they are the rest of it: an error message may
// be longer than the reply that was due.
func (r *recorder) unasked(p *profile, behindWrong bool) {
	switch {
	case behindWrong:
	case p.measured:
		r.duplicate++
	default:
		r.disturb(p.name).wrong++
	}
}

// tick ends an interval of the log.
func (r *recorder) tick() {
	r.log.fold(&r.interval, &r.response)
	r.live.replies.Store(r.replies)
}

// endIntervals ends the intervals of the log that are over at now. The last ends with the window and may be shorter
// than the others; what comes later is in none of them.
func (r *recorder) endIntervals(now int64) {
	for {
		next := r.log.ended.Load() * r.length // from the window's start
		if next >= r.end-r.start || min(r.start+next+r.length, r.end) > now {
			return
		}
		r.tick()
	}
}
