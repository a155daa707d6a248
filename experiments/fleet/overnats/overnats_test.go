package overnats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/experiments/agent"
	"socketbench/experiments/fleet"
	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/patterns/child"
	"socketbench/patterns/proc"
	"socketbench/servers"
)

func TestMain(m *testing.M) {
	child.Become(host.ChildCommand, host.Child(servers.All()))
	child.Become(host.SuperviseCommand, host.Supervise)
	child.Become(load.Command, load.Main)
	goleak.VerifyTestMain(m)
}

// keys are those of a fleet on a port that was free just now.
func keys(t testing.TB) (fleet.Key, fleet.Join) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	at := ln.Addr().String()
	require.NoError(t, ln.Close())
	k, j, err := engine{}.New(at, "")
	require.NoError(t, err)
	return k, j
}

func open(t testing.TB, k fleet.Key) fleet.Hub {
	h, err := engine{}.Open(k)
	require.NoError(t, err)
	t.Cleanup(h.Close)
	return h
}

// work starts an agent that lasts as long as the test, and returns the lines of its audit.
func work(t testing.TB, name string, j fleet.Join, c agent.Caps, a agent.Agent) (audit func() []string) {
	ctx, cancel := context.WithCancel(context.Background())
	var lock sync.Mutex
	var lines []string
	over := make(chan error, 1)
	go func() {
		over <- engine{}.Work(ctx, fleet.Options{
			Name: name, Join: j, Caps: c, Agent: a, Events: func(string) {},
			Audit: func(line string) { lock.Lock(); defer lock.Unlock(); lines = append(lines, line) },
		})
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-over)
	})
	return func() []string { lock.Lock(); defer lock.Unlock(); return append([]string(nil), lines...) }
}

func here(t testing.TB) *agent.Here {
	h := agent.New(servers.All(), nil)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	return h
}

var both = agent.Caps{Serve: true, Load: true, Allow: agent.Loopback}

func gather(t testing.TB, h fleet.Hub, w fleet.Wanted) (fleet.Agent, []fleet.Agent) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	server, loaders, err := fleet.Gather(ctx, h, w, func([]fleet.Present, string) {})
	require.NoError(t, err)
	return server, loaders
}

func goroutine() agent.ServeOrder {
	return agent.ServeOrder{Job: host.Job{Server: "goroutine"}, Placement: host.Shared}
}

func small(address string) agent.LoadOrder {
	return agent.LoadOrder{Placement: host.Shared, Options: load.Options{
		Address: address, Connections: 4, Mute: 2, Arrivals: load.Poisson, Rate: 500, Warmup: 50 * time.Millisecond, Duration: 300 * time.Millisecond,
	}}
}

// A trial over NATS is the trial of the agent that carries it out; between the start and the end of its window nothing is
// sent.
func TestATrialOverNATS(t *testing.T) {
	k, j := keys(t)
	audit := work(t, "server", j, both, here(t))
	work(t, "one", j, both, here(t))
	h := open(t, k)
	server, loaders := gather(t, h, fleet.Wanted{Server: "server", Count: 1})
	require.Equal(t, "one", loaders[0].Name())
	name := agent.Trial{Run: "run", Order: 1, Attempt: 1}
	facts, err := server.Facts(t.Context())
	require.NoError(t, err)
	require.Equal(t, child.Version(), facts.Build)

	one := loaders[0]
	paces, err := one.Pace(t.Context(), host.Same)
	require.NoError(t, err)
	require.Equal(t, len(proc.CPUs()) > 0, len(paces) > 0, paces)
	for what := range paces {
		require.Regexp(t, `^cpu\d+(-loopback)?$`, what, "of one CPU")
	}
	played, served := play(t, h, server, one, name)
	require.Positive(t, played.Load.Metrics["completed"])
	require.EqualValues(t, 2, played.Load.Disturbers["mute.end"])
	if len(proc.CPUs()) > 0 {
		require.True(t, served.Seen.Whole)
	}
	again, err := one.Result(t.Context(), name)
	require.NoError(t, err)
	require.Equal(t, played.Load.Response.TotalCount(), again.Load.Response.TotalCount(), "asked again, it gives the kept answer")
	for _, r := range []fleet.Agent{one, server} {
		ending, err := r.End(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, r == server, ending.Stopped)
	}
	require.Len(t, audit(), 4, "%v: serve, begin, result, end", audit())
	require.Contains(t, audit()[0], `serve server "goroutine"`)
}

// play carries out a trial up to its results, in which nothing may be sent from the first request to the window's end.
func play(t testing.TB, h fleet.Hub, server, one fleet.Agent, name agent.Trial) (played, served agent.Outcome) {
	serving, err := server.Serve(t.Context(), name, goroutine())
	require.NoError(t, err)
	require.Contains(t, serving.Address, "tcp://127.0.0.1:")
	require.NoError(t, one.Prepare(t.Context(), name, small(serving.Address)))
	connected, err := one.Connect(t.Context(), name)
	require.NoError(t, err)
	require.True(t, connected.Playing)
	w := agent.Window{}
	for _, r := range []fleet.Agent{server, one} {
		now, err := r.Clock(t.Context())
		require.NoError(t, err)
		w.First = now + int64(50*time.Millisecond)
		w.Start = w.First + int64(50*time.Millisecond)
		w.End = w.Start + int64(300*time.Millisecond)
		require.NoError(t, r.Begin(t.Context(), name, w))
	}
	time.Sleep(time.Duration(w.First - proc.Clock())) // of what is measured
	before, err := h.(*hub).server.Varz(nil)
	require.NoError(t, err)
	time.Sleep(time.Duration(w.End - proc.Clock()))
	after, err := h.(*hub).server.Varz(nil)
	require.NoError(t, err)
	require.Equal(t, []int64{before.InMsgs, before.OutMsgs, before.InBytes, before.OutBytes}, []int64{after.InMsgs, after.OutMsgs, after.InBytes, after.OutBytes})
	played, err = one.Result(t.Context(), name)
	require.NoError(t, err)
	served, err = server.Result(t.Context(), name)
	require.NoError(t, err)
	return played, served
}

// What is asked of an agent beyond what its owner allows is refused in one sentence.
func TestRefusals(t *testing.T) {
	g := newDispatcher(fleet.Options{Caps: agent.Caps{Load: true, Allow: agent.Loopback, Connections: 10, Rate: 1000, Time: time.Second}})
	change := func(f func(o *load.Options)) order {
		l := small("tcp://127.0.0.1:9")
		f(&l.Options)
		return order{Step: stepPrepare, Load: &l}
	}
	for want, o := range map[string]order{
		"may not load 192.0.2.1":                             change(func(o *load.Options) { o.Address = "tcp://192.0.2.1:80" }),
		"only literal TCP addresses":                         change(func(o *load.Options) { o.Address = "tcp://localhost:80" }),
		`and not "unix:///tmp/s"`:                            change(func(o *load.Options) { o.Address = "unix:///tmp/s" }),
		"opens at most 10 connections":                       change(func(o *load.Options) { o.Idle = 10 }),
		"sends at most 1000 requests/s":                      change(func(o *load.Options) { o.Rate = 1001 }),
		"a closed loop has no bound":                         change(func(o *load.Options) { o.Arrivals, o.Rate = "", 0 }),
		"plays for at most 1s":                               change(func(o *load.Options) { o.Duration = time.Second }),
		"does not serve":                                     {Step: stepServe, Serve: &agent.ServeOrder{Job: host.Job{Server: "goroutine"}}},
		"names no load":                                      {Step: stepPrepare},
		"at most 1000 requests/s (--max-rate), and not 5000": change(func(o *load.Options) { o.Arrivals, o.Burst.Peak = load.Bursts, 5000 }),
	} {
		require.ErrorContains(t, g.allows(o), want)
		require.NotContains(t, g.allows(o).Error(), "\n")
	}
	require.NoError(t, g.allows(change(func(*load.Options) {})))
	serves := newDispatcher(fleet.Options{Caps: agent.Caps{Serve: true}})
	require.ErrorContains(t, serves.allows(order{Step: stepServe, Serve: &agent.ServeOrder{Job: host.Job{Server: "nc -lk {port}"}}}), "starts no commands")
	require.ErrorContains(t, serves.allows(order{Step: stepServe, Serve: &agent.ServeOrder{Job: host.Job{Server: "goroutine", Transport: "unix"}}}), "do not leave a machine")
	require.ErrorContains(t, serves.allows(change(func(*load.Options) {})), "does not load")
}

// Who has no key, another key or another name is not let in, and an agent cannot give orders.
func TestWhoIsLetIn(t *testing.T) {
	k, j := keys(t)
	h := open(t, k)
	work(t, "one", j, both, here(t))
	gather(t, h, fleet.Wanted{Server: "one"})
	secure, err := clientTLS(j)
	require.NoError(t, err)
	url := "tls://" + j.Address
	_, stranger, err := engine{}.New(j.Address, "")
	require.NoError(t, err)
	public, with, err := sign(stranger.Agent)
	require.NoError(t, err)
	_, err = nats.Connect(url, nats.Secure(secure), nats.Nkey(public, with), nats.Name("one"))
	require.ErrorIs(t, err, nats.ErrAuthorization, "another key")
	_, err = nats.Connect(url, nats.Secure(secure))
	require.ErrorIs(t, err, nats.ErrAuthorization, "no key")
	public, with, err = sign(j.Agent)
	require.NoError(t, err)
	_, err = nats.Connect(url, nats.Secure(secure), nats.Nkey(public, with), nats.Name("one.>"))
	require.ErrorIs(t, err, nats.ErrAuthorization, "a name that is more than a name")
	foreign, err := clientTLS(stranger)
	require.NoError(t, err)
	_, err = nats.Connect(url, nats.Secure(foreign), nats.Nkey(public, with), nats.Name("two"))
	require.ErrorContains(t, err, "certificate")
	_, err = nats.Connect("nats://"+j.Address, nats.Nkey(public, with), nats.Name("two"))
	require.Error(t, err, "no TLS")

	refused := make(chan error, 8)
	two, err := nats.Connect(url, nats.Secure(secure), nats.Nkey(public, with), nats.Name("two"),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	require.NoError(t, err)
	defer two.Close()
	for _, try := range []func() error{
		func() error { return two.Publish(subject("one", onOrder), []byte("{}")) },
		func() error { return two.PublishRequest("$SRV.INFO", "anywhere", nil) },
		func() error { _, err := two.SubscribeSync(subject("one", onOrder)); return err },
		func() error { _, err := two.SubscribeSync(">"); return err },
	} {
		require.NoError(t, try())
		require.NoError(t, two.Flush())
		require.ErrorIs(t, <-refused, nats.ErrPermissionViolation)
	}
}

// An agent of which nothing is heard ends what it runs, and says so when it is asked after all.
func TestALeaseEnds(t *testing.T) {
	d := newDispatcher(fleet.Options{Agent: here(t), Caps: both, Audit: func(string) {}})
	defer d.close()
	done := func(o order) (a answer) {
		for a.Pending = true; a.Pending; {
			a = d.do(o)
		}
		return a
	}
	name := agent.Trial{Run: "run", Order: 0, Attempt: 1}
	o := goroutine()
	a := done(order{Step: stepServe, Trial: name, Lease: time.Minute, Serve: &o})
	require.Nil(t, a.Error)
	require.Greater(t, len(proc.Tree(os.Getpid())), 1, "it serves")
	done(order{Step: stepServe, Trial: name, Lease: 50 * time.Millisecond, Serve: &o}) // asked again, it only renews the lease
	require.Eventually(t, func() bool { return len(proc.Tree(os.Getpid())) == 1 }, 20*time.Second, 10*time.Millisecond, "nothing is left")
	a = done(order{Step: stepConnect, Trial: name, Lease: time.Minute})
	require.Contains(t, a.Error.Text, "trial 1 is over")
	require.True(t, a.Error.Lost)
	name.Attempt++
	a = done(order{Step: stepBegin, Trial: name, Lease: time.Minute, Window: &agent.Window{}})
	require.True(t, a.Error.Lost, "as if it was started anew: %s", a.Error.Text)
	require.Nil(t, done(order{Step: stepServe, Trial: name, Lease: time.Minute, Serve: &o}).Error, "and it is there for the next")
	old := name
	old.Attempt--
	require.Contains(t, done(order{Step: stepServe, Trial: old, Lease: time.Minute, Serve: &o}).Error.Text, "is over")
	other := agent.Trial{Run: "another", Attempt: 1}
	require.Contains(t, done(order{Step: stepServe, Trial: other, Lease: time.Minute, Serve: &o}).Error.Text, "works for another run")
	require.Nil(t, done(order{Step: stepEnd, Trial: name, Lease: time.Minute}).Error)
	require.Nil(t, done(order{Step: stepServe, Trial: other, Lease: time.Minute, Serve: &o}).Error)
}

// slow is an agent whose steps take a while, and which counts them.
type slow struct {
	agent.Agent
	prepared atomic.Int64
	ready    chan struct{}
}

func (s *slow) Prepare(ctx context.Context, _ agent.Trial, _ agent.LoadOrder) error {
	s.prepared.Add(1)
	select {
	case <-s.ready:
		return &agent.Failure{Kind: "generator", Text: "it is late"}
	case <-ctx.Done():
		return ctx.Err()
	}
}
func (s *slow) Stop(context.Context, agent.Trial) error { return nil }
func (s *slow) End(context.Context, agent.Trial) (agent.Ending, error) {
	return agent.Ending{}, nil
}

// A step that takes long is carried out once, however often it is asked for.
func TestAStepIsCarriedOutOnce(t *testing.T) {
	s := &slow{ready: make(chan struct{})}
	d := newDispatcher(fleet.Options{Agent: s, Caps: both, Audit: func(string) {}})
	defer d.close()
	l := small("tcp://127.0.0.1:9")
	o := order{Step: stepPrepare, Trial: agent.Trial{Run: "run", Attempt: 1}, Lease: time.Minute, Load: &l}
	require.True(t, d.do(o).Pending)
	close(s.ready)
	a := d.do(o)
	require.Equal(t, "it is late", a.Error.Failure.Text)
	require.Equal(t, a, d.do(o))
	require.EqualValues(t, 1, s.prepared.Load())
	var failure *agent.Failure
	require.True(t, errors.As(a.Error.unwire(), &failure))
}

func TestErrorsKeepTheirKindOnTheirWay(t *testing.T) {
	for _, err := range []error{
		errors.New("any"), &agent.Failure{Kind: "settings", Text: "no such placement"},
		&host.StartError{Server: "mine", Reason: errors.New("it ended"), Stderr: "Traceback", Never: true},
	} {
		text, e := json.Marshal(wire(fmt.Errorf("around: %w", err)))
		require.NoError(t, e)
		var back wireError
		require.NoError(t, json.Unmarshal(text, &back))
		require.IsType(t, err, back.unwire())
	}
	require.NoError(t, wire(nil).unwire())
}

func TestParcels(t *testing.T) {
	big := agent.Outcome{Profile: []byte(strings.Repeat("x", 3*sliceSize))}
	packed, p, err := pack(big)
	require.NoError(t, err)
	var back agent.Outcome
	require.NoError(t, p.unpack(packed, &back))
	require.Equal(t, big, back)
	packed[len(packed)/2] ^= 1
	require.ErrorContains(t, p.unpack(packed, &back), "damaged")
}
