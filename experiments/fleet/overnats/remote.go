package overnats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"socketbench/experiments/agent"
	"socketbench/experiments/fleet"
	"socketbench/patterns/proc"
)

// remote is an agent on another machine, as agent.Agent.
type remote struct {
	conn *nats.Conn
	name string

	begun  agent.Trial // the latest of which it was told to do anything
	ahead  int64       // of its clock, from the reading with the least round trip so far; ns
	trip   int64       // that round trip; 0: it was never read
	window agent.Trial // whose window was told last
	ends   int64       // when it and its grace are over, on proc.Clock
}

const (
	// tryAgain is how long a reply is waited for until the order is sent again.
	tryAgain = askAgain + 3*time.Second
	// lostAfter is how long an agent may answer nothing.
	lostAfter = 15 * time.Second
	// beyond is how much longer than the trial an agent's lease lasts.
	beyond = 10 * time.Second
	// afterWindow is how long after the window nothing is asked: stragglers are waited for.
	afterWindow = 200 * time.Millisecond
)

var _ fleet.Agent = (*remote)(nil)

// Name is the name of the agent.
func (r *remote) Name() string { return r.name }

// order sends an order until it is answered.
func (r *remote) order(ctx context.Context, o order) (answer, error) {
	o.Lease = o.Trial.Most + beyond
	text, err := json.Marshal(o)
	if err != nil {
		return answer{}, fmt.Errorf("fleet: %w", err)
	}
	for heard := time.Now(); ; {
		var a answer
		reply, err := r.ask(ctx, onOrder, text)
		if err == nil {
			err = json.Unmarshal(reply, &a)
		}
		switch {
		case ctx.Err() != nil:
			return answer{}, context.Cause(ctx)
		case err != nil && time.Since(heard) > lostAfter:
			return answer{}, &agent.LostError{Agent: r.name, Err: err}
		case err != nil:
			if !agent.Pause(ctx, again) {
				return answer{}, context.Cause(ctx)
			}
		case a.Pending:
			heard = time.Now()
		case a.Error != nil && a.Error.Lost:
			return a, &agent.LostError{Agent: r.name, Err: a.Error.unwire()}
		default:
			return a, a.Error.unwire()
		}
	}
}

// ask sends one request and waits for its reply a while.
func (r *remote) ask(ctx context.Context, on string, text []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, tryAgain)
	defer cancel()
	reply, err := r.conn.RequestWithContext(ctx, subject(r.name, on), text)
	if err != nil {
		return nil, err
	}
	return reply.Data, nil
}

// failed is what a step comes to that the agent has refused or that has broken it: the agent is of no use for this trial.
func (r *remote) failed(err error) error {
	var lost *agent.LostError
	var failure *agent.Failure
	if err == nil || errors.As(err, &lost) || errors.As(err, &failure) {
		return err
	}
	return fmt.Errorf("agent %s: %w", r.name, err)
}

// Facts implements [agent.Agent].
func (r *remote) Facts(ctx context.Context) (agent.Facts, error) {
	a, err := r.order(ctx, order{Step: stepFacts})
	if err != nil || a.Facts == nil {
		return agent.Facts{}, r.failed(err)
	}
	return *a.Facts, nil
}

// Pace implements [agent.Agent].
func (r *remote) Pace(ctx context.Context, placement string) (map[string]time.Duration, error) {
	a, err := r.order(ctx, order{Step: stepPace, Paced: placement})
	return a.Paces, r.failed(err)
}

// Clock implements [agent.Agent]. It does not ask again: the round trip is what counts.
func (r *remote) Clock(ctx context.Context) (int64, error) {
	for tried := time.Now(); ; {
		before := proc.Clock()
		reply, err := r.ask(ctx, onClock, nil)
		after := proc.Clock()
		if err == nil {
			ns, err := strconv.ParseInt(string(reply), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("agent %s: clock: %w", r.name, err)
			}
			if trip := after - before; r.trip == 0 || trip < r.trip {
				r.trip, r.ahead = trip, ns-before-trip/2
			}
			return ns, nil
		}
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if time.Since(tried) > lostAfter {
			return 0, &agent.LostError{Agent: r.name, Err: err}
		}
		agent.Pause(ctx, again)
	}
}

// Serve implements [agent.Agent].
func (r *remote) Serve(ctx context.Context, t agent.Trial, o agent.ServeOrder) (agent.Serving, error) {
	r.begun = t
	a, err := r.order(ctx, order{Step: stepServe, Trial: t, Serve: &o})
	if a.Serving == nil {
		return agent.Serving{}, r.failed(err)
	}
	return *a.Serving, r.failed(err)
}

// Prepare implements [agent.Agent].
func (r *remote) Prepare(ctx context.Context, t agent.Trial, o agent.LoadOrder) error {
	r.begun = t
	_, err := r.order(ctx, order{Step: stepPrepare, Trial: t, Load: &o, Part: o.Part})
	return r.failed(err)
}

// Connect implements [agent.Agent].
func (r *remote) Connect(ctx context.Context, t agent.Trial) (agent.Connected, error) {
	a, err := r.order(ctx, order{Step: stepConnect, Trial: t})
	if err != nil || a.Connected == nil {
		return agent.Connected{}, r.failed(err)
	}
	return *a.Connected, nil
}

// Begin implements [agent.Agent].
func (r *remote) Begin(ctx context.Context, t agent.Trial, w agent.Window) error {
	r.window = t
	r.ends = w.End - r.ahead + int64(afterWindow)
	_, err := r.order(ctx, order{Step: stepBegin, Trial: t, Window: &w})
	return r.failed(err)
}

// Result implements [agent.Agent]. It is silent until the window and its grace are over.
func (r *remote) Result(ctx context.Context, t agent.Trial) (agent.Outcome, error) {
	if wait := r.ends - proc.Clock(); r.window == t && wait > 0 && !agent.Pause(ctx, time.Duration(wait)) {
		if err := r.Stop(context.WithoutCancel(ctx), t); err != nil {
			return agent.Outcome{}, err
		}
		ctx = context.WithoutCancel(ctx)
	}
	a, err := r.order(ctx, order{Step: stepResult, Trial: t})
	if err != nil || a.Outcome == nil {
		return agent.Outcome{}, r.failed(err)
	}
	var outcome agent.Outcome
	packed := make([]byte, 0, a.Outcome.Bytes)
	for heard := time.Now(); len(packed) < a.Outcome.Bytes; {
		text, err := json.Marshal(slice{a.Outcome.SHA256, len(packed)})
		if err != nil {
			return outcome, fmt.Errorf("fleet: %w", err)
		}
		part, err := r.ask(ctx, onSlice, text)
		switch {
		case err == nil && len(part) > 0:
			packed, heard = append(packed, part...), time.Now()
		case ctx.Err() != nil:
			return outcome, context.Cause(ctx)
		case err == nil:
			return outcome, &agent.LostError{Agent: r.name, Err: errors.New("it no longer has the outcome of its trial")}
		case time.Since(heard) > lostAfter:
			return outcome, &agent.LostError{Agent: r.name, Err: err}
		default:
			agent.Pause(ctx, again)
		}
	}
	return outcome, r.failed(a.Outcome.unpack(packed, &outcome))
}

// End implements [agent.Agent].
func (r *remote) End(ctx context.Context, t agent.Trial) (agent.Ending, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	a, err := r.order(ctx, order{Step: stepEnd, Trial: t})
	if a.Error != nil && a.Error.Lost && r.begun != t {
		return agent.Ending{}, nil // it had nothing of the trial, and has nothing
	}
	if err != nil || a.Ending == nil {
		return agent.Ending{}, r.failed(err)
	}
	return *a.Ending, nil
}

// Stop implements [agent.Agent].
func (r *remote) Stop(ctx context.Context, t agent.Trial) error {
	a, err := r.order(ctx, order{Step: stepStop, Trial: t})
	if a.Error != nil && a.Error.Lost {
		return nil // nothing of it is left
	}
	return r.failed(err)
}
