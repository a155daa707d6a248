// Package pipeline is work in stages, each on a goroutine of its own, joined by bounded channels:
// while one stage works on an item, the stage before it works on the next. A stage that falls
// behind fills the channel in front of it, and so the stages before it must wait: this is the
// back-pressure.
//
// Items keep their order, because each channel has one sender and one receiver.
package pipeline

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// Pipeline is a set of stages that end together: a [Source], any number of [Stage], and a [Sink]. A
// pipeline without a Sink never ends.
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

// Context ends when the context given to New ends, and when a stage fails. A source that blocks
// must watch it.
func (p *Pipeline) Context() context.Context { return p.ctx }

// Source starts the first stage: it sends the items that next returns, until next reports that
// there is no more or the context ends. depth is the number of items that may wait for the next
// stage.
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
		return context.Cause(p.ctx) // the error of the stage that failed, if one has
	})
	return out
}

// Stage starts a stage in the middle: it sends the result of do for every item. After an error of
// do it discards the items that still arrive; the stages behind it get the results from before.
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

// Sink starts the last stage. After an error of do it discards the items that still arrive.
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

// fail stops the source and receives from in until it is closed, so that no stage blocks for ever
// on a full channel.
func fail[T any](p *Pipeline, in <-chan T, err error) error {
	p.cancel(err)
	for range in {
	}
	return err
}
