// Package pipeline is work done in stages, each on a goroutine of its own, joined by bounded
// channels: while one stage is busy with an item, the one before it is busy with the next. A stage
// that falls behind fills the channel in front of it and so holds up the stages before it; that is
// the push back.
//
// Items keep their order, as each channel has one sender and one receiver.
package pipeline

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// Pipeline is the set of stages that end together: a [Source], any number of [Stage], a [Sink]. A
// pipeline that is not joined up to its Sink never ends.
type Pipeline struct {
	stages errgroup.Group
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// New returns a pipeline without stages.
func New(ctx context.Context) *Pipeline {
	p := new(Pipeline)
	p.ctx, p.cancel = context.WithCancelCause(ctx)
	return p
}

// Context ends when the context of New does and when a stage has failed. A source that blocks must
// watch it.
func (p *Pipeline) Context() context.Context { return p.ctx }

// Source starts the first stage: it sends what next returns until next reports that there is no
// more or the context has ended. depth is how many items may wait for the stage behind it.
func Source[T any](p *Pipeline, depth int, next func() (item T, more bool)) <-chan T {
	out := make(chan T, depth)
	p.stages.Go(func() error {
		defer close(out)
		for p.ctx.Err() == nil {
			item, more := next()
			if !more {
				return nil
			}
			out <- item
		}
		return context.Cause(p.ctx) // the error of the stage that failed, where one has
	})
	return out
}

// Stage starts a stage in the middle: it sends what do makes of every item. After an error of do it
// throws away what still comes; the stages behind it get what came before.
func Stage[A, B any](p *Pipeline, in <-chan A, depth int, do func(A) (B, error)) <-chan B {
	out := make(chan B, depth)
	p.stages.Go(func() error {
		defer close(out)
		for a := range in {
			b, err := do(a)
			if err != nil {
				return fail(p, in, err)
			}
			out <- b
		}
		return nil
	})
	return out
}

// Sink starts the last stage. After an error of do it throws away what still comes.
func Sink[T any](p *Pipeline, in <-chan T, do func(T) error) {
	p.stages.Go(func() error {
		for item := range in {
			if err := do(item); err != nil {
				return fail(p, in, err)
			}
		}
		return nil
	})
}

// Wait blocks until every stage has ended and returns the error of the first that failed.
func (p *Pipeline) Wait() error {
	defer p.cancel(nil)
	return p.stages.Wait()
}

// fail stops the source and runs in dry, so that no stage is left standing before a full channel.
func fail[T any](p *Pipeline, in <-chan T, err error) error {
	p.cancel(err)
	for range in {
	}
	return err
}
