package servertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"regexp"
	"slices"
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

	part part
}

// part says which cases are asked: those that can go on beside others, or those that must be alone.
type part int

const (
	whole part = iota
	together
	alone
)

// has reports whether c belongs to the part.
func (p part) has(c *Case) bool {
	return p == whole || (p == alone) == (c.Needs&Alone != 0)
}

// caseLimit is how many times the patience a whole case may take.
const caseLimit = 20

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
		if c.suits(t.Framing) && o.part.has(&c) && (o.Only == nil || o.Only.MatchString(c.Name)) {
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
	r.settle()
	report := Report{Name: t.Name, Address: t.Network + "://" + t.Address, Framing: t.Framing, Results: r.results,
		Took: time.Since(r.began), Halves: int(r.halves.Load())}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && o.Budget > 0 && report.Took >= o.Budget && report.Count(NotRun) > 0 {
		report.Spent = o.Budget
	}
	return report
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
	dies    bool      // found to end while it served a client
	single  bool      // found to serve one connection at a time
	hangs   int       // cases that failed because nothing happened

	echoes   atomic.Bool  // found to send back what came, unchanged
	answered bool         // somebody got a byte
	halves   atomic.Int64 // replies whose rest came some 40 ms after their beginning
	rawBytes atomic.Bool  // bytes that no text has came back right
	mute     int          // cases that failed because nothing came back, while nobody had ever got a byte
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
	for _, waiting := range []bool{true, false} {
		for i := range cases {
			if cases[i].Needs&Alone == 0 && cases[i].Waits == waiting {
				next <- i
			}
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
		result.Outcome, result.Reason = NotRun, r.spent()
	} else {
		failure, notes, skipped := r.play(ctx, c, cfg)
		for range r.retries(c) {
			if failure != nil {
				break
			}
			failure, notes, skipped = r.play(ctx, c, cfg)
		}
		result.Outcome, result.Failure, result.Notes = Passed, failure, notes
		if skipped != "" && failure == nil {
			result.Outcome, result.Reason = Skipped, skipped
		} else if failure != nil && ctx.Err() != nil {
			result.Outcome, result.Failure, result.Reason = NotRun, nil, r.spent()
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

// spent says why no further case is asked.
func (r *runner) spent() string {
	if b := r.options.Budget; b > 0 && time.Since(r.began) >= b {
		return fmt.Sprintf("the budget of %v was spent", b)
	}
	return "the check was ended"
}

// retries returns how often c is played again while it is kept: a fault that a design is registered with depends on who
// comes first, now and then.
func (r *runner) retries(c *Case) int {
	if t := r.target.Traits; t != nil && slices.ContainsFunc(t.Faults, func(f servers.Fault) bool { return f.Case == c.Name }) {
		return 4
	}
	return 0
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
	cfg.IdleTimeout = cmp.Or(cfg.IdleTimeout, caseLimit*r.options.Patience) // a client that a busy machine held up is not silent
	return cfg
}

// play runs the case's conversation and the checks that follow every case. It returns what was broken, what was
// noted, and why the rule could not be asked about where that showed.
func (r *runner) play(ctx context.Context, c *Case, cfg servers.Config) (failure *Failure, notes []string, skipped string) {
	patience := r.patience()
	ctx, cancel := context.WithTimeout(ctx, max(caseLimit*patience, 30*time.Second))
	defer cancel()
	s := &scene{ctx: ctx, target: r.target, framing: r.target.Framing, limit: cfg.Protocol.Limit, config: cfg,
		patience: patience, connecting: r.options.Patience, quick: r.options.Quick || raceEnabled,
		rng: rand.New(rand.NewPCG(r.options.Seed, nameHash(c.Name)))}
	ended := make(chan *Failure, 1)
	go func() {
		defer func() { ended <- caught(recover()) }()
		own := r.enter(s, c)
		c.run(s)
		s.leave(own)
	}()
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
	if s.server != nil {
		r.halves.Add(s.server.halves.Swap(0))
		if s.server.rawBytes.Load() {
			r.rawBytes.Store(true)
		}
		s.server.crowd.Store(s.connected.Load())
	}
	if failure == nil && s.server != nil && s.server == r.shared && s.harsh() {
		failure = r.aftermath(s, c)
	}
	r.leaves(s)
	if own := s.server; own != nil && !s.shares && own.Stop != nil {
		own.Stop()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return failure, s.notes, s.skipped
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
	case r.hangs < 3:
		return r.options.Patience
	case r.target.Cheap: // many at once, on a machine that is busy with them
		return min(r.options.Patience, 5*time.Second)
	case r.hangs < 8:
		return min(r.options.Patience, time.Second)
	}
	return min(r.options.Patience, 300*time.Millisecond)
}
