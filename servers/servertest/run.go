package servertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// caseLimit is how many times the patience a whole case may take; on a busy machine it may take more (expires).
const caseLimit = 20

// secondSYN is long enough for the system's second retry, 3 s after the first SYN, when the accept queue was full.
const secondSYN = 3500 * time.Millisecond

// straggle is how long a case whose time is over may take to notice it. One that does not is left behind.
const straggle = 500 * time.Millisecond

// Why the time of a check, or of one case, is over.
var (
	errBudget  = errors.New("the budget ran out")
	errEndless = errors.New("the case did not come to an end")
)

// enough is how many cases must show a fatal fault before the rest is not run.
const enough = 3

// muteEnough is the same for a server that has never answered anybody. Each such case takes the whole patience.
const muteEnough = 5

// Check runs the contract against a server and reports the outcome of every case. It returns when all are
// done, or at most a second after the budget has run out or ctx has ended: a case in progress is interrupted then,
// and is in the report as not run, like those that were not begun. The server may take longer to end.
func Check(ctx context.Context, t Target, o Options) Report {
	o.Patience = cmp.Or(o.Patience, 5*time.Second)
	o.Parallel = cmp.Or(o.Parallel, 4)
	t.Network = cmp.Or(t.Network, "tcp")
	t.Limit = cmp.Or(t.Limit, upper.DefaultLimit)
	r := &runner{target: &t, options: o, began: time.Now(), each: o.Each}
	r.pace.say = o.Notice
	if r.each == nil {
		r.each = func(Result) {}
	}
	if o.Budget > 0 {
		start := o.Since
		if start.IsZero() {
			start = r.began
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, start.Add(o.Budget), errBudget)
		defer cancel()
	}
	defer r.dismiss(ctx)
	var cases []Case
	for _, c := range Cases() {
		if c.suits(t.Network, t.Framing) && o.part.has(&c) && (o.Only == nil || o.Only.MatchString(c.Name)) {
			cases = append(cases, c)
		}
	}
	r.results = make([]Result, len(cases))
	r.probeFraming(ctx)
	r.probe(ctx)
	if r.absent != nil && r.spoken == "" {
		return Report{Name: t.Name, Address: t.Network + "://" + t.Address, Framing: t.Framing, Absent: r.absent}
	}
	r.together(ctx, cases)
	for i := range cases {
		if cases[i].Needs&Alone != 0 {
			r.one(ctx, i, &cases[i])
		}
	}
	r.settle()
	r.blameBound(cases)
	r.blameFraming(ctx)
	report := Report{Name: t.Name, Address: t.Network + "://" + t.Address, Framing: t.Framing, Results: r.results,
		Took: time.Since(r.began), Halves: r.pace.held(), Late: r.late, Habit: r.foundOut()}
	if report.Count(NotRun) > 0 {
		report.Interrupted = ctx.Err() != nil
		if context.Cause(ctx) == errBudget {
			report.Spent = o.Budget
		}
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
	absent  error     // why no connection to the address could be made
	gone    bool      // the server at the address has ended
	refused int       // attempts to start it that failed
	once    int       // cases that found it ended after a single client
	dies    bool      // found to end while it served a client
	single  bool      // found to serve one connection at a time
	hangs   int       // cases that failed because nothing happened

	counting sync.Mutex   // held while the connections that it serves at once are counted; guards counted
	counted  int          // the most connections that were tried
	serves   atomic.Int64 // how many it was found to serve at once, while the others wait; 0: no bound was found

	failed   atomic.Int64
	spoken   string        // the sentence about a server that speaks another framing than it should, or answers nobody rightly
	echoes   atomic.Bool   // found to send back what came, unchanged
	late     time.Duration // how long the first two replies took at least; 0: not long
	waited   time.Duration // for the first byte of the reply that was heard last
	answered bool          // a client got a byte
	pace     pace
	rawBytes atomic.Bool // bytes that are not valid UTF-8 came back right
	mute     int         // cases that failed because nothing came back, before any client had got a byte
}

// together runs the cases that do not ask to be alone.
func (r *runner) together(ctx context.Context, cases []Case) {
	parallel := 1
	if t := r.target; t.Cheap || t.Traits != nil && t.Traits.Capacity(servers.Config{}) == 0 && t.Traits.PerConn == 0 {
		parallel = r.options.Parallel
	}
	next := make(chan int)
	limit := mayOpen()
	room := int64(max(1, limit-spareFiles)) // for descriptors: cases that are asked at once share those of this process
	files := semaphore.NewWeighted(room)
	var wg sync.WaitGroup
	for range parallel {
		wg.Go(func() {
			for i := range next {
				need := min(room, int64(max(fewConns, r.connFiles(&cases[i]))))
				if limit == 0 { // unknown on this platform
					need = 0
				}
				files.Acquire(context.Background(), need) // each case comes to its end
				r.one(ctx, i, &cases[i])
				files.Release(need)
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

// one runs case c and records its result.
func (r *runner) one(ctx context.Context, i int, c *Case) {
	began := time.Now()
	result := Result{Case: c.Name, Why: c.Why}
	cfg := r.config(c)
	if reason := r.inapplicable(c, cfg); reason != "" {
		result.Outcome, result.Reason = Skipped, reason
	} else if reason := r.beyondLimit(c); reason != "" {
		result.Outcome, result.Reason, result.Limit = Skipped, reason, true
	} else if reason := r.givenUp(); reason != "" {
		result.Outcome, result.Reason = NotRun, reason
	} else if ctx.Err() != nil {
		result.Outcome, result.Reason = NotRun, "not begun: "+r.ended(ctx)
	} else {
		v := r.play(ctx, c, cfg)
		for range r.retries(c) {
			if v.failure != nil || v.cut {
				break
			}
			v = r.play(ctx, c, cfg)
		}
		if f := v.failure; f != nil && !v.cut {
			r.learnBound(ctx, c, f)
		}
		result.Notes = v.notes
		switch {
		case v.cut:
			result.Outcome, result.Reason = NotRun, "begun, not decided: "+r.ended(ctx)
		case v.failure != nil && v.failure.own:
			result.Outcome, result.Reason, result.Limit = Skipped, v.failure.What, true
		case v.failure != nil:
			result.Outcome, result.Failure = Failed, v.failure
			r.failed.Add(1)
		case v.skipped != "":
			result.Outcome, result.Reason = Skipped, v.skipped
		default:
			result.Outcome = Passed
		}
		r.known(&result)
	}
	result.Took = time.Since(began)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results[i] = result
	r.each(result)
}

// givenUp says what the cases so far have shown of the server, if no other can tell more; otherwise it returns "".
func (r *runner) givenUp() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.once >= enough:
		return "it ends after every client"
	case r.speaksAnother(enough) && slices.Contains(wrongEnds, r.spoken):
		what, _, _ := strings.Cut(r.spoken, ":")
		return "it " + what
	case r.speaksAnother(enough):
		return "it answers nobody rightly"
	case r.mute >= muteEnough && !r.target.Cheap:
		return "it has answered no client"
	case r.gone && r.refused > 0:
		return "it " + notStarted
	case r.gone:
		return "nobody listens there any more"
	}
	return ""
}

// ended says why nothing further is asked.
func (r *runner) ended(ctx context.Context) string {
	if context.Cause(ctx) == errBudget {
		return fmt.Sprintf("the budget of %v ran out", r.options.Budget)
	}
	return "the check was interrupted"
}

// retries returns how often c is played again while the server keeps it. A known fault may depend on the order of
// events, and then shows only now and then.
func (r *runner) retries(c *Case) int {
	if t := r.target.Traits; t != nil && slices.ContainsFunc(t.Faults, func(f servers.Fault) bool { return f.Case == c.Name }) {
		return 4
	}
	return 0
}

// known compares the result with the faults that the design is registered with.
func (r *runner) known(result *Result) {
	if r.target.Traits == nil {
		return
	}
	for _, f := range r.target.Traits.Faults {
		broken := result.Outcome == Failed
		now := f.Also != "" && regexp.MustCompile(f.Also).MatchString(result.Case)
		switch {
		case broken && (f.Case == result.Case || now):
			result.Outcome, result.Reason = Known, r.target.Traits.Says(f)
			return
		case f.Case == result.Case && result.Outcome == Passed:
			result.Outcome = Failed
			result.Failure = &Failure{What: "the rule was kept, though the design is registered with a fault: " + r.target.Traits.Says(f)}
			return
		}
	}
}
