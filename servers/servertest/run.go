package servertest

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// Options say how to check. The zero value checks everything, patiently.
type Options struct {
	Only     *regexp.Regexp // cases whose names match; nil: all
	Patience time.Duration  // how long nothing may happen before a case fails; 0: 5 s
	Budget   time.Duration  // after which no further case is begun; 0: no end
	Parallel int            // cases at once where each has a server of its own; 0: 4
	Quick    bool           // without the heavy cases
	Seed     uint64         // of random requests; 0 is a seed too
	Each     func(Result)   // called as each case ends, one call at a time; may be nil
}

// caseLimit is how many times the patience a whole case may take.
const caseLimit = 20

// crowdWait is how long one round of a design whose wait grows with its connections may take before it is
// not asked for such a crowd; under the race detector the rounds are many times as long.
var crowdWait = map[bool]time.Duration{false: 150 * time.Millisecond, true: 60 * time.Millisecond}[raceEnabled]

// spareFiles is how many descriptors a process needs beside those of its connections.
const spareFiles = 100

// enough cases that show one fatal fault need no more beside them.
const enough = 3

// muteEnough is as many of a server that has never answered anybody: each takes all the patience there is.
const muteEnough = 5

// Check runs the contract against a server and says what became of every case. It returns when all are
// done, the budget is spent or ctx has ended; cases that were not begun by then are in the report too.
func Check(ctx context.Context, t Target, o Options) Report {
	o.Patience = cmp.Or(o.Patience, 5*time.Second)
	o.Parallel = cmp.Or(o.Parallel, 4)
	t.Network = cmp.Or(t.Network, "tcp")
	t.Limit = cmp.Or(t.Limit, upper.DefaultLimit)
	r := &runner{target: &t, options: o, began: time.Now(), each: o.Each}
	defer r.dismiss()
	if r.each == nil {
		r.each = func(Result) {}
	}
	if o.Budget > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Budget)
		defer cancel()
	}
	var cases []Case
	for _, c := range Cases() {
		if c.suits(t.Framing) && (o.Only == nil || o.Only.MatchString(c.Name)) {
			cases = append(cases, c)
		}
	}
	r.results = make([]Result, len(cases))
	r.probe(ctx)
	if r.absent != nil {
		return Report{Name: t.Name, Address: t.Network + "://" + t.Address, Framing: t.Framing, Absent: r.absent}
	}
	r.together(ctx, cases)
	for i := range cases {
		if cases[i].Needs&Alone != 0 {
			r.one(ctx, i, &cases[i])
		}
	}
	return Report{Name: t.Name, Address: t.Network + "://" + t.Address, Framing: t.Framing, Results: r.results,
		Took: time.Since(r.began)}
}

type runner struct {
	target  *Target
	options Options
	began   time.Time
	results []Result
	each    func(Result)

	mu      sync.Mutex
	shared  *Instance // of targets that are not started for every case
	absent  error     // nobody was ever at the address
	gone    bool      // the server at the address has ended
	refused int       // attempts to start it that failed
	once    int       // cases that found it ended after a single client
	single  bool      // found to serve one connection at a time
	hangs   int       // cases that failed because nothing happened

	echoes   atomic.Bool // found to send back what came, unchanged
	answered bool        // somebody got a byte
	mute     int         // cases that failed because nothing came back, while nobody had ever got a byte
}

// together runs the cases that do not ask to be alone.
func (r *runner) together(ctx context.Context, cases []Case) {
	parallel := 1
	if t := r.target; t.Cheap || t.Traits != nil && t.Traits.Capacity(servers.Config{}) == 0 && t.Traits.PerConn == 0 {
		parallel = r.options.Parallel
	}
	next := make(chan int)
	var wg sync.WaitGroup
	for range parallel {
		wg.Go(func() {
			for i := range next {
				r.one(ctx, i, &cases[i])
			}
		})
	}
	for i := range cases {
		if cases[i].Needs&Alone == 0 {
			next <- i
		}
	}
	close(next)
	wg.Wait()
}

// one runs case c and files its result.
func (r *runner) one(ctx context.Context, i int, c *Case) {
	began := time.Now()
	result := Result{Case: c.Name, Why: c.Why}
	cfg := r.config(c)
	if reason := r.inapplicable(c, cfg); reason != "" {
		result.Outcome, result.Reason = Skipped, reason
	} else if r.once >= enough {
		result.Outcome, result.Reason = NotRun, "it ends after every client"
	} else if r.mute >= muteEnough && !r.target.Cheap {
		result.Outcome, result.Reason = NotRun, "it answers nobody"
	} else if r.gone {
		result.Outcome, result.Reason = NotRun, "nobody listens there any more"
	} else if ctx.Err() != nil {
		result.Outcome, result.Reason = NotRun, "the time was up"
	} else {
		failure, notes := r.play(ctx, c, cfg)
		result.Outcome, result.Failure, result.Notes = Passed, failure, notes
		if failure != nil && ctx.Err() != nil {
			result.Outcome, result.Failure, result.Reason = NotRun, nil, "the time was up"
		} else if failure != nil {
			result.Outcome = Failed
		}
		r.known(&result)
	}
	result.Took = time.Since(began)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results[i] = result
	r.each(result)
}

// known compares the result with what the design is known to get wrong.
func (r *runner) known(result *Result) {
	if r.target.Traits == nil {
		return
	}
	for _, f := range r.target.Traits.Faults {
		broken := result.Outcome == Failed
		now := f.Also != "" && regexp.MustCompile(f.Also).MatchString(result.Case)
		switch {
		case broken && (f.Case == result.Case || now):
			result.Outcome, result.Reason = Known, f.Sentence
			return
		case f.Case == result.Case && result.Outcome == Passed:
			result.Outcome = Failed
			result.Failure = &Failure{What: "kept, though the design is registered as not keeping it: " + f.Sentence}
			return
		}
	}
}

// config is what the server of case c is started with.
func (r *runner) config(c *Case) servers.Config {
	cfg := c.Config
	cfg.Protocol.Framing = r.target.Framing
	cfg.Protocol.Limit = cmp.Or(cfg.Protocol.Limit, r.target.Limit)
	return cfg
}

// inapplicable says why a case is not asked of this server; "" when it is.
func (r *runner) inapplicable(c *Case, cfg servers.Config) string {
	t, needs := r.target, c.Needs
	var traits servers.Traits
	if t.Traits != nil {
		traits = *t.Traits
	}
	capacity := traits.Capacity(cfg)
	files := c.Conns + spareFiles // that the clients need, and the server as well where it is in this process
	if t.Hooks {
		files += c.Conns
	}
	if r.single && c.Name != capacityCase {
		capacity = 1
	}
	switch {
	case needs&Stop != 0 && !t.Stops:
		return "it cannot be told to stop in order from here"
	case needs&Configure != 0 && !t.Config:
		return "it cannot be told a configuration"
	case needs&Hook != 0 && !t.Hooks && (t.Inside == nil || !t.Inside.Hooks):
		return "its handler cannot be reached from here"
	case needs&Process != 0 && t.PID == 0 && t.Start == nil:
		return "its process is not known"
	case needs&Process != 0 && !seesProcesses:
		return "processes cannot be looked into on this platform"
	case needs&Child != 0 && t.Limits == nil:
		return "it cannot be started with lowered limits"
	case needs&TCP != 0 && t.Network != "tcp":
		return "tcp only"
	case needs&Heavy != 0 && (r.options.Quick || raceEnabled):
		return "left out of quick runs"
	case needs&Bounded != 0 && (capacity == 0 || t.Traits == nil):
		return "it does not bound its connections"
	case needs&Unbounded != 0 && capacity != 0:
		return fmt.Sprintf("it serves %d at a time", capacity)
	case needs&IdleLimit != 0 && !traits.IdleLimit:
		return "it does not close silent connections"
	case needs&Patient != 0 && traits.IdleLimit:
		return "it closes silent connections by design"
	case needs&MaxFD != 0 && traits.MaxFD == 0:
		return "it can hold any descriptor"
	case traits.PerConn*time.Duration(c.Conns) > crowdWait:
		return fmt.Sprintf("needs %d connections at once; each adds %v to everybody's wait", c.Conns, traits.PerConn)
	case mayOpen() > 0 && files > mayOpen():
		return fmt.Sprintf("needs %d descriptors in one process, which may open %d", files, mayOpen())
	case traits.MaxFD > 0 && t.Hooks && files > traits.MaxFD, traits.MaxFD > 0 && c.Conns+20 > traits.MaxFD:
		return fmt.Sprintf("needs %d connections at once; it cannot hold descriptors from %d on", c.Conns, traits.MaxFD)
	case capacity > 0 && c.Conns > capacity:
		return fmt.Sprintf("needs %d connections at once; it serves %d at a time", c.Conns, capacity)
	}
	return ""
}

// play runs the case's conversation and the checks that follow every case.
func (r *runner) play(ctx context.Context, c *Case, cfg servers.Config) (*Failure, []string) {
	patience := r.patience()
	ctx, cancel := context.WithTimeout(ctx, max(caseLimit*patience, 30*time.Second))
	defer cancel()
	s := &scene{ctx: ctx, target: r.target, framing: r.target.Framing, limit: cfg.Protocol.Limit, config: cfg,
		patience: patience, quick: r.options.Quick || raceEnabled,
		rng: rand.New(rand.NewPCG(r.options.Seed, nameHash(c.Name)))}
	ended := make(chan *Failure, 1)
	go func() {
		defer func() { ended <- caught(recover()) }()
		own := r.enter(s, c)
		c.run(s)
		s.leave(own)
	}()
	var failure *Failure
	select {
	case failure = <-ended:
	case <-time.After(max(caseLimit*patience, 30*time.Second) + patience):
		failure = &Failure{What: "the case did not come to an end"}
	}
	if failure != nil {
		r.examine(s, c, failure)
	} else {
		r.hasAnswered(s)
	}
	s.hangUp()
	if failure == nil && s.server != nil && s.server == r.shared && s.harsh() {
		failure = r.aftermath(s, c)
	}
	if own := s.server; own != nil && own != r.shared && own.Stop != nil {
		own.Stop()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return failure, s.notes
}

// nameHash gives every case random requests of its own.
func nameHash(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}

// patience shrinks for a server that hangs again and again, so that its check ends.
func (r *runner) patience() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.target.Cheap || r.hangs < 3:
		return r.options.Patience
	case r.hangs < 8:
		return min(r.options.Patience, time.Second)
	}
	return min(r.options.Patience, 300*time.Millisecond)
}

// enter gives the case its server and reports whether it is the case's own.
func (r *runner) enter(s *scene, c *Case) (own bool) {
	t := r.target
	if t.Start == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.shared == nil {
			r.shared = &Instance{Network: t.Network, Address: t.Address, PID: t.PID}
		}
		s.server = r.shared
		return false
	}
	if c.Needs&Hook != 0 && t.Inside != nil {
		t = t.Inside
		s.target = t
	}
	if t.Cheap || c.Needs&(Stop|Configure|Child) != 0 {
		if c.Needs&Child != 0 {
			return true // the case starts it, with limits of its own
		}
		inst, err := t.Start(s.config)
		if err != nil {
			s.fail("the server does not start: %v", err)
		}
		s.server = inst
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shared == nil || r.shared.hasEnded() {
		inst, err := t.Start(s.config)
		if err != nil {
			r.refused++
			r.gone = r.refused > 1 && !t.Config // the probe was the first to ask, and said nothing
			panic(&Failure{What: fmt.Sprintf("the server does not start: %v", err), Fault: "does not start"})
		}
		r.shared = inst
	}
	s.server = r.shared
	return false
}

func (i *Instance) hasEnded() bool {
	if i.Done == nil {
		return false
	}
	select {
	case <-i.Done:
		return true
	default:
		return false
	}
}

// leave checks what must hold after every case whose server was its own: told to stop, it ends without
// error, leaves no goroutine, and has written what it read.
func (s *scene) leave(own bool) {
	if !own || s.server == nil || s.server.Stop == nil {
		return
	}
	s.mu.Lock()
	for _, c := range s.clients {
		if len(c.owed) > 0 {
			s.unbalanced.Store(true)
		}
	}
	s.mu.Unlock()
	s.hangUp()
	s.stop()
	if err := s.ended(); err != nil && !s.mayFail && s.target.Stops {
		s.fail("the server ended with an error: %v", err)
	}
	if s.server.Own && s.server.Goroutines != nil {
		s.eventually(func() bool { return s.server.Goroutines() == 0 },
			"goroutines are left after the server ended; each must be waited for%v", lazily(s.server.where))
	}
	s.audit()
}

// audit compares what the server says it read and wrote with what the clients saw.
func (s *scene) audit() {
	tally := s.server.Tally
	if tally == nil || s.unbalanced.Load() {
		return
	}
	got, read, written := s.server.received.Load(), tally.Read.Load(), tally.Written.Load()
	if written != got {
		s.fail("the server counts %d bytes written, its clients received %d", written, got)
	}
	if s.framing == upper.Raw && read != written {
		s.fail("the server counts %d bytes read and %d written", read, written)
	}
}

// dismiss ends the shared server.
func (r *runner) dismiss() {
	if r.shared == nil || r.shared.Stop == nil || r.shared.hasEnded() {
		return
	}
	r.shared.Stop()
	select {
	case <-r.shared.Done:
	case <-time.After(r.options.Patience):
	}
}
