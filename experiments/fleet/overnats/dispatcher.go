package overnats

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"socketbench/experiments/agent"
	"socketbench/experiments/fleet"
	"socketbench/experiments/host"
)

// A dispatcher carries out orders on the agent of this machine. An order that comes again gets the answer of the first: its
// reply may have been lost. When nothing is heard for a lease, what the agent runs is ended.
type dispatcher struct {
	fleet.Options

	lock  sync.Mutex
	trial agent.Trial // the latest
	kept  map[string]*step
	ctx   context.Context // of trial; ended with its lease
	stop  context.CancelFunc
	lease *time.Timer // nil: nothing is leased
	ends  time.Time   // when it does
	over  bool        // the lease has ended
	left  bool        // the coordinator was gone since it was heard of last
}

// step is one that is or was carried out.
type step struct {
	done    chan struct{}
	answer  answer
	outcome []byte // of answer.Outcome
}

// askAgain is how long an order is waited for until it is answered with "not yet".
const askAgain = 2 * time.Second

// endPatience is how long steps of a trial whose lease has ended may take to notice it.
const endPatience = 20 * time.Second

func newDispatcher(o fleet.Options) *dispatcher { return &dispatcher{Options: o, stop: func() {}} }

// do carries out an order, or waits for it a while if it is being carried out.
func (d *dispatcher) do(o order) answer {
	s, err := d.begin(o)
	if err != nil {
		return answer{Error: wire(err)}
	}
	timer := time.NewTimer(askAgain)
	defer timer.Stop()
	select {
	case <-s.done:
		return s.answer
	case <-timer.C:
		return answer{Pending: true}
	}
}

// begin returns the step of an order, which begins if it has not.
func (d *dispatcher) begin(o order) (*step, error) {
	switch o.Step { // these belong to no trial
	case stepFacts:
		return start(func(a *answer) {
			facts, err := d.Agent.Facts(context.Background())
			facts.Caps, facts.Listen = d.Caps, d.Listen
			*a = answer{Facts: &facts, Error: wire(err)}
		}), nil
	case stepPace:
		return start(func(a *answer) {
			paces, err := d.Agent.Pace(context.Background(), o.Paced)
			*a = answer{Paces: paces, Error: wire(err)}
		}), nil
	}
	d.lock.Lock()
	defer d.lock.Unlock()
	if err := d.enter(o); err != nil {
		return nil, err
	}
	if s, known := d.kept[o.Step]; known {
		d.renew(o.Lease)
		return s, nil
	}
	if err := d.allows(o); err != nil {
		d.note(o, "refused: "+err.Error())
		return nil, err
	}
	d.note(o, "")
	d.renew(o.Lease)
	s := &step{done: make(chan struct{})}
	d.kept[o.Step] = s
	ctx := d.ctx
	go func() {
		defer close(s.done)
		d.carryOut(ctx, o, s)
	}()
	return s, nil
}

// start begins a step that belongs to no trial.
func start(carryOut func(*answer)) *step {
	s := &step{done: make(chan struct{})}
	go func() {
		defer close(s.done)
		carryOut(&s.answer)
	}()
	return s
}

// allows refuses an order that the owner of the machine does not allow.
func (d *dispatcher) allows(o order) error {
	switch o.Step {
	case stepServe:
		switch {
		case o.Serve == nil:
			return errors.New("the order to serve names no server")
		case o.Serve.Transport == "unix":
			return errors.New("unix sockets do not leave a machine; use tcp")
		}
		return d.Caps.MayServe(o.Serve.Server)
	case stepPrepare:
		if o.Load == nil {
			return errors.New("the order to load names no load")
		}
		part := o.Load.Options
		part.Part = o.Part
		return d.Caps.MayLoad(part)
	}
	return nil
}

// enter makes the trial of an order the latest. The caller has the lock.
func (d *dispatcher) enter(o order) error {
	switch t := o.Trial; {
	case t == d.trial && d.kept != nil:
		if d.over {
			return &goneError{fmt.Sprintf("trial %d is over: nothing was heard for its lease, and it was ended", t.Order+1)}
		}
		d.left = false
		return nil
	case t.Run == d.trial.Run && t.Attempt < d.trial.Attempt:
		return fmt.Errorf("trial %d is over", t.Order+1)
	case t.Run != d.trial.Run && d.lease != nil && !d.left && time.Now().Before(d.ends):
		return fmt.Errorf("this agent works for another run, for up to %v if nothing more is heard of that", time.Until(d.ends).Round(time.Second))
	case o.Step != stepServe && o.Step != stepPrepare:
		return &goneError{fmt.Sprintf("it was started anew, and has nothing of trial %d", t.Order+1)}
	}
	d.stop()
	d.trial, d.kept, d.over, d.left = o.Trial, map[string]*step{}, false, false
	d.ctx, d.stop = context.WithCancel(context.Background())
	return nil
}

// renew puts the end of the lease off. The caller has the lock.
func (d *dispatcher) renew(lease time.Duration) {
	if d.lease != nil {
		d.lease.Stop()
	}
	trial := d.trial
	d.ends = time.Now().Add(lease)
	d.lease = time.AfterFunc(lease, func() { d.expire(trial) })
}

// expire ends a trial of which nothing was heard for its lease.
func (d *dispatcher) expire(t agent.Trial) {
	d.lock.Lock()
	if d.kept == nil || d.trial != t || d.over || time.Now().Before(d.ends) {
		d.lock.Unlock()
		return
	}
	d.over = true
	steps := make([]*step, 0, len(d.kept))
	for _, s := range d.kept {
		steps = append(steps, s)
	}
	d.stop()
	ended := d.ctx
	d.lock.Unlock()

	_ = d.Agent.Stop(context.Background(), t) // so that the steps under way return
	late := time.NewTimer(endPatience)
	defer late.Stop()
	for _, s := range steps {
		select {
		case <-s.done:
		case <-late.C:
		}
	}
	if _, err := d.Agent.End(ended, t); err != nil {
		d.Audit(fmt.Sprintf("trial %d: %v", t.Order+1, err))
	}
}

// alone notes that the coordinator is gone. It goes on with its run if it comes back; another that comes in its place may
// begin one of its own.
func (d *dispatcher) alone() {
	d.lock.Lock()
	defer d.lock.Unlock()
	d.left = true
}

// release lets other runs have the agent. The caller has the lock.
func (d *dispatcher) release() {
	if d.lease != nil {
		d.lease.Stop()
	}
	d.lease = nil
}

// close ends what is under way.
func (d *dispatcher) close() {
	d.lock.Lock()
	d.release()
	d.ends = time.Time{}
	t := d.trial
	d.lock.Unlock()
	d.expire(t)
}

func (d *dispatcher) carryOut(ctx context.Context, o order, s *step) {
	a, err := &s.answer, error(nil)
	switch o.Step {
	case stepServe:
		o.Serve.Listen = d.Listen
		var serving agent.Serving
		serving, err = d.Agent.Serve(ctx, o.Trial, *o.Serve)
		a.Serving = &serving
	case stepPrepare:
		l := *o.Load
		l.Part, l.Remote = o.Part, true // its address was allowed
		if d.Shared {
			l.Placement = host.Shared
		}
		err = d.Agent.Prepare(ctx, o.Trial, l)
	case stepConnect:
		var connected agent.Connected
		connected, err = d.Agent.Connect(ctx, o.Trial)
		a.Connected = &connected
	case stepBegin:
		if o.Window == nil {
			err = errors.New("the order to begin has no window")
			break
		}
		err = d.Agent.Begin(ctx, o.Trial, *o.Window)
	case stepResult:
		var outcome agent.Outcome
		if outcome, err = d.Agent.Result(ctx, o.Trial); err != nil {
			break
		}
		var p parcel
		if s.outcome, p, err = pack(outcome); err == nil {
			a.Outcome = &p
		}
	case stepStop:
		err = d.Agent.Stop(ctx, o.Trial)
	case stepEnd:
		var ending agent.Ending
		ending, err = d.Agent.End(ctx, o.Trial)
		a.Ending = &ending
		d.lock.Lock()
		if d.trial == o.Trial {
			d.release()
		}
		d.lock.Unlock()
	default:
		err = fmt.Errorf("there is no step %q", o.Step)
	}
	a.Error = wire(err)
}

// slice returns a part of an outcome; nil: there is no such outcome.
func (d *dispatcher) slice(of slice) []byte {
	d.lock.Lock()
	defer d.lock.Unlock()
	s, known := d.kept[stepResult]
	if !known {
		return nil
	}
	select {
	case <-s.done:
	default:
		return nil
	}
	if p := s.answer.Outcome; p == nil || p.SHA256 != of.SHA256 || of.From < 0 || of.From >= len(s.outcome) {
		return nil
	}
	return s.outcome[of.From:min(len(s.outcome), of.From+sliceSize)]
}

// note writes a line about an order.
func (d *dispatcher) note(o order, more string) {
	what := ""
	switch {
	case o.Serve != nil:
		what = fmt.Sprintf(" server %q", o.Serve.Server)
	case o.Load != nil:
		what = fmt.Sprintf(" %s, %d clients for %v", o.Load.Address, o.Load.Clients(), o.Load.Warmup+o.Load.Duration)
	}
	if more != "" {
		more = " " + more
	}
	d.Audit(fmt.Sprintf("trial %d: %s%s%s", o.Trial.Order+1, o.Step, what, more))
}
