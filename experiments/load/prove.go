package load

import (
	"context"
	"fmt"
	"time"
)

// Proof is what a stalled server looks like to this generator, and to one that forgets the requests it
// did not send meanwhile (coordinated omission).
type Proof struct {
	Stop    time.Duration // how long the server stood still, by the clock of who stopped it
	Window  time.Duration
	Rate    float64 // requests/s, evenly spaced
	Lines   []ProofLine
	Result  *Result
	Problem string // "": it holds
}

// ProofLine is one percentile, in ns.
type ProofLine struct {
	Percentile float64
	Analytic   float64 // 0: no request of that rank saw the stop
	Response   float64 // from the intended time
	Service    float64 // from the send: what the forgetful one reports
}

// tolerance is how far the p99 may be from the analytic one.
const tolerance = 0.01

// Prove plays constant arrivals to the server of process pid, stops that process for a while within the
// window, and compares percentiles with those that follow from arithmetic: of the requests of a window
// T, those wanted during the stop S wait for what is left of it, so that the share of them which waits
// longer than x is (S-x)/T, and the p-th percentile is S-(1-p)T.
//
// The process must be one that the caller started; it is always continued.
func Prove(ctx context.Context, pid int, o Options, stop time.Duration) (*Proof, error) {
	o.Arrivals = Constant
	if stop <= 0 || stop > o.Duration/2 {
		return nil, fmt.Errorf("load: stop of %v does not fit into a window of %v; make it at most half", stop, o.Duration)
	}
	type stopped struct {
		time time.Duration
		err  error
	}
	over := make(chan stopped, 1)
	begun := false
	o.Ready = func(w Window) {
		begun = true
		go func() {
			t := time.NewTimer(time.Until(w.Start.Add(o.Duration / 4)))
			defer t.Stop()
			select {
			case <-t.C:
			case <-ctx.Done():
				over <- stopped{0, ctx.Err()}
				return
			}
			d, err := halt(ctx, pid, stop)
			over <- stopped{d, err}
		}()
	}
	r, err := Spawn(ctx, o)
	if err != nil {
		return nil, err
	}
	if !begun {
		return nil, fmt.Errorf("load: proof: %s", r.Reasons)
	}
	s := <-over
	if s.err != nil {
		return nil, fmt.Errorf("load: proof: %w", s.err)
	}
	p := &Proof{Stop: s.time, Window: o.Duration, Rate: o.Rate, Result: r}
	for _, q := range []float64{50, 90, 99, 99.9} {
		p.Lines = append(p.Lines, ProofLine{
			Percentile: q,
			Analytic:   max(0, float64(p.Stop)-(100-q)/100*float64(o.Duration)),
			Response:   float64(r.Response.Quantile(q / 100)),
			Service:    float64(r.Service.Quantile(q / 100)),
		})
	}
	p99 := p.Lines[2]
	off := p99.Response/p99.Analytic - 1
	switch {
	case p99.Analytic == 0:
		p.Problem = fmt.Sprintf("a stop of %v is too short to reach the p99 of a window of %v", p.Stop, o.Duration)
	case off > tolerance || off < -tolerance:
		p.Problem = fmt.Sprintf("the p99 is %+.1f %% off the analytic one; within %.0f %% was promised", off*100, tolerance*100)
	case p99.Service*10 > p99.Analytic:
		p.Problem = "the uncorrected p99 saw the stop, too: more connections than requests in flight were asked for"
	}
	return p, nil
}
