package experiments

import (
	"context"
	"errors"
	"net"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/experiments/plan"
	"socketbench/experiments/spec"
	"socketbench/patterns/child"
	"socketbench/patterns/prefork"
	"socketbench/patterns/proc"
	"socketbench/servers"
	"socketbench/servers/upper"
)

// TestMain makes the test binary a server child, a supervisor or a generator like the real one, or a
// whole run that a test can kill.
func TestMain(m *testing.M) {
	prefork.Child(servers.PreforkChild)
	Become(registry())
	child.Become("compute", compute)
	child.Become("measure", func(ctx context.Context, test *child.Conn) error {
		var dir string
		if err := test.Receive(&dir); err != nil {
			return err
		}
		return measureInto(ctx, dir)
	})
	goleak.VerifyTestMain(m)
}

// compute keeps the CPUs busy that its parent names, until the parent closes the conversation, but for a minute at most.
func compute(ctx context.Context, test *child.Conn) error {
	var cpus []int
	if err := test.Receive(&cpus); err != nil {
		return err
	}
	if err := proc.Confine(cpus); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for range cpus {
		go func() {
			for ctx.Err() == nil {
			}
		}()
	}
	if err := test.Send(true); err != nil {
		return err
	}
	var more any
	for test.Receive(&more) == nil {
	}
	return nil
}

type serveFunc func(context.Context, net.Listener) error

func (f serveFunc) Serve(ctx context.Context, ln net.Listener) error { return f(ctx, ln) }

// registry is that of the project with a few servers that break their promises.
func registry() servers.Registry {
	first := servers.All()[1]
	broken := func(name string, f func(cfg servers.Config, ctx context.Context, ln net.Listener) error) servers.Entry {
		return servers.Entry{Name: name, New: func(cfg servers.Config) servers.Server {
			return serveFunc(func(ctx context.Context, ln net.Listener) error { return f(cfg, ctx, ln) })
		}}
	}
	return slices.Concat(servers.All(), servers.Registry{
		broken("dies", func(_ servers.Config, _ context.Context, ln net.Listener) error {
			if conn, err := ln.Accept(); err == nil {
				conn.Close()
			}
			panic("the server gave up")
		}),
		broken("hangs", func(cfg servers.Config, _ context.Context, ln net.Listener) error {
			return first.New(cfg).Serve(context.Background(), ln) // it ignores the end of its context
		}),
		broken("stops", func(_ servers.Config, ctx context.Context, ln net.Listener) error {
			return replies(ctx, ln, func(k int, reply []byte) bool { return k < 8 })
		}),
		broken("lies", func(_ servers.Config, ctx context.Context, ln net.Listener) error {
			return replies(ctx, ln, func(k int, reply []byte) bool {
				if k == 8 {
					reply[0] ^= 1
				}
				return true
			})
		}),
		broken("leaks", func(cfg servers.Config, ctx context.Context, ln net.Listener) error {
			go func() { select {} }()
			return first.New(cfg).Serve(ctx, ln)
		}),
		broken("forgets", func(cfg servers.Config, ctx context.Context, ln net.Listener) error {
			context.AfterFunc(ctx, func() { ln.Close() })
			var all sync.WaitGroup
			defer all.Wait()
			for {
				conn, err := ln.Accept()
				if err != nil {
					return nil
				}
				all.Go(func() { forget(ctx, conn, cfg.Tally) })
			}
		}),
		broken("unmoved", func(cfg servers.Config, ctx context.Context, ln net.Listener) error {
			cfg.Protocol.Work = upper.Work{}
			return first.New(cfg).Serve(ctx, ln)
		}),
		broken("greedy", func(cfg servers.Config, ctx context.Context, ln net.Listener) error {
			cfg.Protocol.Work.Slots = 0
			return first.New(cfg).Serve(ctx, ln)
		}),
		broken("tunes", func(cfg servers.Config, ctx context.Context, ln net.Listener) error {
			debug.SetGCPercent(400)
			return first.New(cfg).Serve(ctx, ln)
		}),
		broken("retunes", func(_ servers.Config, ctx context.Context, ln net.Listener) error {
			return replies(ctx, ln, func(k int, _ []byte) bool {
				debug.SetGCPercent(1000 + k)
				return true
			})
		}),
		broken("fails", func(cfg servers.Config, ctx context.Context, ln net.Listener) error {
			return errors.Join(first.New(cfg).Serve(ctx, ln), errors.New("2 connections were cut off"))
		}),
	})
}

// replies answers as long as the function that is told the number of the request, counted over all connections, and
// may change the reply says so; from then on it takes requests and is silent.
func replies(ctx context.Context, ln net.Listener, answer func(k int, reply []byte) bool) error {
	context.AfterFunc(ctx, func() { ln.Close() })
	var all sync.WaitGroup
	defer all.Wait()
	var count atomic.Int64
	for {
		conn, err := ln.Accept()
		if err != nil {
			return nil
		}
		all.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			buf := make([]byte, 4096)
			for {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				if reply := upper.Bytes(nil, buf[:n]); answer(int(count.Add(1)), reply) {
					_, _ = conn.Write(reply)
				}
			}
		})
	}
}

// forget answers until it is told to stop, and then reads once more and says nothing.
func forget(ctx context.Context, conn net.Conn, tally *servers.Tally) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Now().Add(time.Second)) })() // one that is mute
	buf, read, written := make([]byte, 4096), 0, 0
	defer func() { tally.End(int64(read), int64(written)) }()
	for {
		n, err := conn.Read(buf)
		if read += n; err != nil || ctx.Err() != nil {
			return
		}
		n, err = conn.Write(upper.Bytes(nil, buf[:n]))
		if written += n; err != nil {
			return
		}
	}
}

// small is an experiment of a few short trials.
func small(t require.TestingT, names ...string) plan.Plan {
	e := spec.Experiment{
		Name: "small", Question: "does it run?", Servers: names,
		Load: load.Options{Connections: 4, Warmup: 10 * time.Millisecond, Duration: 200 * time.Millisecond, Requests: 10, Think: time.Millisecond},
		Vary: spec.Factors{{Field: "load.mute", Values: []any{0, 1}}},
	}.WithDefaults()
	e.Blocks, e.MaxBlocks = 2, 2
	e.Placement = host.Shared // a generator with a CPU of its own never sleeps, and other packages are tested meanwhile
	p, err := plan.New(e, 7, registry())
	require.NoError(t, err)
	return p
}
