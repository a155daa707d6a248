package load

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"socketbench/patterns/child"
	"socketbench/patterns/proc"
)

// Command is what this program becomes as a generator, see child.Become: [Main].
const Command = "generate"

// job is what a generator process has to do. Its parent sends it first.
type job struct {
	Options  Options
	Part     Part // which of the run's connections are those of Options
	Progress bool // tell how it goes
}

// step is what its parent sends then, one after the other.
type step struct {
	Connect bool  `json:",omitempty"` // the measured clients may connect
	Begin   int64 `json:",omitempty"` // when the first request is to be sent, on proc.Clock
}

// news is what a generator process reports; one field is set.
type news struct {
	Standing bool      `json:",omitempty"` // the disturbers are connected
	Met      bool      `json:",omitempty"` // and the measured clients
	Progress *Progress `json:",omitempty"`
	Result   *Result   `json:",omitempty"`
	Error    string    `json:",omitempty"`
}

// Main is the whole of a generator process: it plays the job that its parent sends, step by step, reports the result, and
// waits until the parent closes the conversation. When ctx or the parent ends, or the parent closes the conversation
// before, the window ends early, and the result has what was measured until then.
func Main(ctx context.Context, parent *child.Conn) error {
	var told job
	if err := parent.Receive(&told); err != nil {
		return fmt.Errorf("load: no job came: %w", err)
	}
	o := told.Options
	o.Part = told.Part
	if o.confined = len(o.CPUs) > 0; o.confined {
		if err := proc.Confine(o.CPUs); err != nil {
			return parent.Send(news{Error: err.Error()})
		}
		exactSleep()
		runtime.GOMAXPROCS(o.processors())
	}
	// Nothing is allocated while requests are played, so the collector has nothing to win; making the
	// result takes more memory than all connections do, and little of it at a time.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(2 << 30)
	o.played = func() { debug.SetGCPercent(20) }
	if told.Progress {
		o.Progress = func(p Progress) { _ = parent.Send(news{Progress: &p}) }
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := play(ctx, o, follow(ctx, cancel, parent))
	if err != nil {
		return parent.Send(news{Error: err.Error()})
	}
	if err := parent.Send(news{Result: r}); err != nil {
		return err
	}
	<-ctx.Done() // until then the parent can read what this process has used
	return nil
}

// follow returns the cues that come from a parent. When it closes the conversation, cancel is called, and no cue is waited
// for once ctx has ended.
func follow(ctx context.Context, cancel func(), parent *child.Conn) cues {
	connect, begin := make(chan struct{}, 1), make(chan int64, 1)
	go func() { // ends with the parent, or with the process
		defer cancel()
		for {
			var s step
			switch err := parent.Receive(&s); {
			case err != nil:
				return
			case s.Connect:
				connect <- struct{}{}
			default:
				begin <- s.Begin
			}
		}
	}()
	return cues{
		connect: func() {
			_ = parent.Send(news{Standing: true})
			select {
			case <-connect:
			case <-ctx.Done():
			}
		},
		begin: func() int64 {
			_ = parent.Send(news{Met: true})
			select {
			case t := <-begin:
				return clock() + t - proc.Clock()
			case <-ctx.Done():
				return clock()
			}
		},
	}
}

// processors returns the GOMAXPROCS that suits engines which have the CPUs to themselves. An engine that spins on the only CPU needs
// one processor: what else there is to do is done when it yields. Engines that sleep need one to spare, without which
// Go's monitor would wake every 20 us to take a processor from a thread that sleeps.
func (o Options) processors() int {
	if o.Spin && len(o.CPUs) == 1 {
		return 1
	}
	return o.threads() + 1
}
