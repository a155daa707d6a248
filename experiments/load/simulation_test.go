package load

import (
	"bytes"
	"cmp"
	"container/heap"
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers/upper"
)

// simulation drives a workload in simulated time: every run of it is the same to the nanosecond, and an hour of it
// takes as long as what happens in it. Bytes take no time on their way; what takes time is what the server says.
type simulation struct {
	*workload
	t       require.TestingT
	o       Options
	server  simServer
	now     int64
	events  simEvents
	links   []*simLink // by client; nil: none
	taken   []*simLink // all that the server has had
	context context.Context
	dialed  int        // attempts to connect
	served  int        // connections that the server had
	planned int64      // events so far
	pauses  []simPause // of the driver, earliest first
	quitAt  int64      // when the run is ended early
}

// simServer is a server of a simulation. Zero fields are those of one that takes everybody at once and answers
// nobody.
type simServer struct {
	connect func(attempt int) (after time.Duration, failure *fault) // nil failure: it takes the client
	open    func(l *simLink)
	request func(l *simLink, b []byte) // bytes came
}

// simLink is a connection as the server sees it.
type simLink struct {
	s      *simulation
	c      *client
	number int // in the order in which they were taken
	ended  bool
	reset  bool     // by the client
	writes [][]byte // what came in one piece each
	room   int      // bytes that it takes before the client must wait; negative: any number
	busy   int64    // until when the server works on it
	kept   []byte   // for the server
}

// simPause is a time in which the driver has no turn: while it waits, or while it serves clients.
type simPause struct {
	from, to int64
	serving  bool
}

type simEvent struct {
	at, order int64
	do        func()
}

type simEvents []simEvent

func (e simEvents) Len() int      { return len(e) }
func (e simEvents) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e simEvents) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}
func (e *simEvents) Push(x any) { *e = append(*e, x.(simEvent)) }
func (e *simEvents) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

const simStart = int64(time.Hour) // what the simulated clock shows first

// simulate returns a simulation of o that has not begun; its clock starts at an hour.
func simulate(t require.TestingT, o Options, server simServer) *simulation {
	o.Address, o.Engine = cmp.Or(o.Address, "tcp://127.0.0.1:1"), EnginePortable
	require.NoError(t, o.Check())
	o = o.WithDefaults()
	w := newWorkload(o, 0, 1)
	return &simulation{workload: w, t: t, o: o, server: server, now: simStart, context: context.Background(), links: make([]*simLink, len(w.clients)), quitAt: never}
}

// run plays the whole run and returns its result.
func (s *simulation) run() *Result {
	s.connect()
	s.play()
	return s.result()
}

// connect lets the clients come.
func (s *simulation) connect() {
	s.come(false)
	s.come(true)
}

// come lets all disturbers come, or all measured clients.
func (s *simulation) come(measured bool) {
	for s.gather(measured, s.now); !s.gathered(s.now); {
		if c := s.next(s.now); c != nil {
			s.serve(c)
			continue
		}
		s.wait(s.now + int64(10*time.Millisecond))
	}
}

// play plays from now on until the run is settled.
func (s *simulation) play() {
	start := s.now + int64(s.o.Warmup)
	s.begin(s.now, start, start+int64(s.o.Duration), s.now)
	for i := range s.clients {
		s.serve(&s.clients[i])
		s.look(s.now)
	}
	for s.phase != ended {
		if s.now >= s.quitAt {
			s.stop(s.now)
		}
		for c := s.next(s.now); c != nil; c = s.next(s.now) {
			s.serve(c)
		}
		if s.advance(s.now); s.phase == ended {
			break
		}
		s.seen = s.now + max(0, s.mayWait(s.now))
		if s.quitAt > s.now {
			s.seen = min(s.seen, s.quitAt)
		}
		s.wait(s.seen)
	}
	s.settle(s.now)
}

// result is the run's result.
func (s *simulation) result() *Result {
	r := collect(s.o, []*recorder{s.recorder}, s.end-s.start)
	Judge(s.o, r, -1)
	return r
}

// wait moves the clock to a time, or to that of the next event where that is earlier, which it lets happen; where the
// driver has no turn meanwhile, it has it later, and what was to happen has happened by then.
func (s *simulation) wait(until int64) {
	if len(s.events) > 0 && s.events[0].at <= until {
		until = s.events[0].at
	}
	s.now = max(s.now, until)
	s.pause(false)
	for len(s.events) > 0 && s.events[0].at <= s.now {
		heap.Pop(&s.events).(simEvent).do()
	}
}

// pause moves the clock to the end of the pause that has begun, if it is one of that kind.
func (s *simulation) pause(serving bool) {
	if len(s.pauses) > 0 && s.pauses[0].serving == serving && s.now >= s.pauses[0].from {
		s.now = max(s.now, s.pauses[0].to)
		s.pauses = s.pauses[1:]
	}
}

// after lets something happen a while from now.
func (s *simulation) after(d time.Duration, do func()) {
	s.planned++
	heap.Push(&s.events, simEvent{s.now + int64(d), s.planned, do})
}

// serve does what a client wants, as any driver does.
func (s *simulation) serve(c *client) {
	for room := make([]byte, chunk); ; {
		l := s.links[c.index]
		if c.closing != stay {
			if l != nil {
				l.ended, l.reset = true, c.closing == abortive
			}
			s.links[c.index], c.closing = nil, stay
			continue
		}
		switch {
		case c.state == dialing:
			s.dials(c, s.now)
			s.dial(c)
		case s.speaks(c):
			out := s.out(c, s.now, room)
			n := len(out)
			if l.room >= 0 {
				n = min(n, l.room)
				l.room -= n
			}
			if n == 0 {
				return
			}
			piece := bytes.Clone(out[:n])
			s.wrote(c, n, s.now)
			l.writes = append(l.writes, piece)
			if s.server.request != nil {
				s.server.request(l, piece)
			}
			s.pause(true)
		default:
			return
		}
	}
}

func (s *simulation) dial(c *client) {
	after, failure := time.Duration(0), (*fault)(nil)
	if s.server.connect != nil {
		after, failure = s.server.connect(s.dialed)
	}
	s.dialed++
	generation := c.generation
	come := func() {
		if c.generation != generation {
			return // it was given up
		}
		if failure != nil {
			s.failed(c, *failure, s.now)
			return
		}
		l := &simLink{s: s, c: c, number: s.served, room: -1}
		s.served++
		s.links[c.index], s.taken = l, append(s.taken, l)
		s.connected(c, s.now)
		if s.server.open != nil {
			s.server.open(l)
		}
	}
	if after == 0 {
		come()
		return
	}
	s.after(after, func() {
		come()
		s.serve(c)
	})
}

// reply sends bytes to the client after a while.
func (l *simLink) reply(after time.Duration, b []byte) {
	b = bytes.Clone(b)
	l.later(after, func() { l.s.received(l.c, b, l.s.now) })
}

// end ends the connection after a while, in a way that the client sees as a fault.
func (l *simLink) end(after time.Duration, kind fault) {
	l.later(after, func() { l.s.failed(l.c, kind, l.s.now) })
}

func (l *simLink) later(after time.Duration, do func()) {
	l.s.after(after, func() {
		if !l.ended {
			do()
			l.s.serve(l.c)
		}
	})
}

// answering returns a server that answers as it must. took is how long it works on a request, one at a time for each
// connection; where it is nil, no time.
func answering(o Options, took func(now int64) time.Duration) simServer {
	p := upper.Protocol{Framing: o.Framing, Limit: 1 << 30}
	sessions := map[*simLink]*upper.Session{}
	size := newScript(o.Framing, max(1, o.WithDefaults().Size)).size
	return simServer{request: func(l *simLink, b []byte) {
		if sessions[l] == nil {
			session := p.NewSession()
			sessions[l] = &session
		}
		out, _, err := sessions[l].Feed(context.Background(), nil, b)
		require.NoError(l.s.t, err)
		l.kept = append(l.kept, out...)
		for len(l.kept) >= size {
			if l.busy = max(l.busy, l.s.now); took != nil {
				l.busy += int64(took(l.busy))
			}
			l.reply(time.Duration(l.busy-l.s.now), l.kept[:size])
			l.kept = l.kept[size:]
		}
	}}
}

// always is a server's time for each request.
func always(d time.Duration) func(int64) time.Duration {
	return func(int64) time.Duration { return d }
}

// about demands a time of a histogram's, which keeps three figures of each.
func about[W, G int64 | float64 | time.Duration](t require.TestingT, want W, got G, why ...any) {
	require.InDelta(t, float64(want), float64(got), float64(want)/1000, why...)
}
