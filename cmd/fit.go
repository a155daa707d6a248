package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"socketbench/experiments/catalog"
	"socketbench/experiments/load"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/servers"
)

// How often fit measures each design, unless the user says it, and how often at most where its figures scatter.
const (
	fitBlocks = 3
	fitMost   = 5
)

// fitFlags describe a service. The numbers are read as the fields of an experiment file are.
type fitFlags struct {
	idle, active, rate, size, cpu, backend, p99, memory string
	connections                                         int // idle and active ones
	run                                                 runFlags
}

// fit asks which designs suit a service.
func (a *app) fit() *cobra.Command {
	f := fitFlags{run: runFlags{gate: gateFlags{undecided: undecidedTell}}}
	c := &cobra.Command{
		Use:   "fit [SERVER | 'COMMAND {port}' ...]",
		Short: "say which designs suit your service, from a few numbers",
		Long: `Fit measures designs under the load of your service and says which of them meet what you require: the
cheapest first, and with the resource that is used up first. Every connection that asks must be answered, and so
must 99 of 100 requests.

Fit is the experiment "service" with your numbers. Run takes every other number (--set) and every other
requirement (--require).

Without servers, fit measures one design of each family: the one that promises most for such a load. A family is
left out if all of its designs serve fewer connections at a time than are asked for.

A handler may wait for a backend, such as a database with a bounded number of connections. With
--backend slots=20,wait=10ms the backend serves 20 requests at once, each in 10 ms. Fit says what such a backend
carries before it measures anything. Timers end late, so that a request spends longer there: afterwards fit says what
the backend carries by the time that was measured.

If this machine cannot hold so many idle clients, fit measures three crowds that it can hold, and extrapolates the
server's memory (rss_peak) by a straight line. Everything else it says is about the largest of the three.

With --headroom fit searches afterwards, for each design that meets everything, how many times the rate it takes until
it does not, and what gives out there. Nothing but the rate is changed.

The exit code is 1 if a server of your own fails what is required.

` + commandHelp,
		Example: `  socketbench fit --idle 2k --active 200 --rate 1k --backend slots=20,wait=10ms --p99 200ms
  socketbench fit --rate 5k --p99 5ms --memory 256MiB goroutine epoll './mine {port}'
  socketbench fit --rate 5k --p99 5ms --headroom goroutine epoll`,
		ValidArgsFunction: a.completeServers(0),
		RunE: func(c *cobra.Command, args []string) error {
			if err := aboveZero(c, "blocks"); err != nil {
				return err
			}
			for _, arg := range args {
				if _, is, _ := a.experiment(arg); is {
					return fmt.Errorf("fit: %q is an experiment, and fit takes servers (socketbench run %s --require 'latency.p99 < 200ms')", arg, arg)
				}
				if _, named := a.commands[arg]; !named && !spec.IsCommand(arg) {
					if _, err := a.lookup(arg); err != nil {
						return fmt.Errorf("fit: %w", err)
					}
				}
			}
			if err := f.settings(a); err != nil {
				return err
			}
			f.run.seeded = c.Flags().Changed("seed")
			if !c.Flags().Changed("blocks") {
				f.run.atMost = fitMost
			}
			f.run.fit = typed(c, args)
			if f.run.servers = args; len(args) == 0 {
				var cannot []servers.Entry
				f.run.servers, cannot = a.oneOfEachFamily(f.connections, f.backend != "")
				for _, e := range cannot {
					fmt.Fprintf(a.stderr, "%s is left out, because it serves %s at a time, and %s are asked for; name it to measure it all the same\n",
						e.Name, unit.Many(e.Traits.MaxConns, "connection"), unit.Count(f.connections))
				}
			}
			return a.runAll(c.Context(), []string{"service"}, f.run)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.idle, "idle", "0", "connections that stay silent")
	flags.StringVar(&f.active, "active", "64", "connections that ask")
	flags.StringVar(&f.rate, "rate", "", "requests a second of all active connections together, such as 1k")
	flags.StringVar(&f.size, "size", "64", "bytes of a request, such as 4KiB")
	flags.StringVar(&f.cpu, "cpu", "0", "iterations of computing for each request")
	flags.StringVar(&f.backend, "backend", "", "what a handler waits for, as `slots=N,wait=TIME`; without slots it serves any number at once")
	flags.StringVar(&f.p99, "p99", "", "response time that 99 of 100 requests must keep below, such as 200ms")
	flags.StringVar(&f.memory, "memory", "", "memory that the server must keep below, such as 1GiB")
	flags.BoolVar(&f.run.headroom, "headroom", false, headroomFlag)
	flags.StringVar(&f.run.out, "out", "", "write the results to `DIR` (default results/TIME-service)")
	flags.Uint64Var(&f.run.seed, "seed", 0, "seed of the order and the arrivals (default: a new one)")
	flags.IntVar(&f.run.blocks, "blocks", fitBlocks, fmt.Sprintf("number of times that each design is measured; without the flag up to %d where its figures scatter", fitMost))
	flags.StringVar(&f.run.duration, "duration", "", "length of each measured window (default: 1s, or longer if the p99 needs more requests)")
	flags.BoolVar(&f.run.dry, "dry-run", false, "print the plan and the time it will take, and measure nothing")
	flags.BoolVar(&f.run.print, "print", false, "print the experiment as a file to begin your own with, and measure nothing")
	a.nameFlag(c)
	return c
}

// typed is the command line of fit without what does not change the measurement.
func typed(c *cobra.Command, args []string) []string {
	line := []string{"socketbench", "fit"}
	c.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "out", "seed", "name", "dry-run", "print":
		case "headroom":
			if f.Value.String() == "true" {
				line = append(line, "--headroom")
			}
		default:
			line = append(line, "--"+f.Name, f.Value.String())
		}
	})
	return append(line, args...)
}

// answersFit reports whether a run answers a call of fit: its report is the short answer, also when it is resumed.
func answersFit(m result.Manifest) bool { return len(m.Command) > 1 && m.Command[1] == "fit" }

// fitWorkers is how many workers a design with workers has if its handlers wait, unless the backend has more slots.
const fitWorkers = 32

// settings turns the description into settings of the experiment and requirements. Its errors name the flags of fit.
func (f *fitFlags) settings(a *app) error {
	if f.rate == "" || f.p99 == "" {
		return errors.New("fit: give the requests a second and the response time that 99 of 100 of them must keep below, such as --rate 1k --p99 200ms")
	}
	wait, slots, err := parseBackend(f.backend)
	if err != nil {
		return err
	}
	service, err := catalog.Get("service", a.registry)
	if err != nil {
		return err
	}
	backend := "--backend " + f.backend
	changes := []spec.Change{
		{Path: spec.IdlePath, Value: f.idle, Typed: "--idle " + f.idle},
		{Path: "load.connections", Value: f.active, Typed: "--active " + f.active},
		{Path: "load.rate", Value: f.rate, Typed: "--rate " + f.rate},
		{Path: "load.size", Value: f.size, Typed: "--size " + f.size},
		{Path: "config.cpu", Value: f.cpu, Typed: "--cpu " + f.cpu},
		{Path: "config.wait", Value: cmp.Or(wait, "0s"), Typed: backend},
		{Path: "config.slots", Value: cmp.Or(slots, "0"), Typed: backend},
	}
	if f.run.duration != "" {
		changes = append(changes, spec.Change{Path: "load.duration", Value: f.run.duration, Typed: "--duration " + f.run.duration})
	}
	for _, c := range changes {
		if err := service.Set(c.Path, c.Value); err != nil {
			return fmt.Errorf("fit: %s: %w", c.Typed, err)
		}
	}
	f.connections = service.Load.Idle + service.Load.Connections
	if service.Load.Rate <= 0 {
		return fmt.Errorf("fit: --rate %s: give the requests a second, such as --rate 1k", f.rate)
	}
	if f.run.duration == "" {
		changes = append(changes, spec.Change{Path: "load.duration", Value: window(service.Load.Rate).String(), Typed: "--rate " + f.rate})
	}
	f.run.duration = "" // it is among the changes
	changes = append(changes, spec.Change{Path: "load.warmup", Value: warmup(service.Load).String(), Typed: "--idle " + f.idle})
	workers := 0 // the default of each design
	if wait != "" {
		workers = max(fitWorkers, service.Config.Protocol.Work.Slots)
	}
	f.run.set = append(changes, spec.Change{Path: "config.workers", Value: strconv.Itoa(workers), Typed: backend})

	required := []struct{ flag, value, text string }{
		{"p99", f.p99, "latency.p99 < " + f.p99}, {"memory", f.memory, "rss_peak < " + f.memory}, {"", "all", "unserved == 0"}, {"", "all", "answered >= 99%"},
	}
	for _, r := range required {
		if r.value == "" {
			continue
		}
		parsed, err := spec.ParseRequirement(r.text)
		if err == nil && parsed.Where != nil {
			err = errors.New("a value stands alone here; socketbench run service --require takes some cells only")
		}
		if err != nil {
			return fmt.Errorf("fit: --%s %s: %w", r.flag, r.value, err)
		}
		f.run.require = append(f.run.require, r.text)
	}
	return nil
}

// window is how long to measure at a rate: a p99 needs 1,000 requests in every trial, of which a random arrival process
// brings a few less or more.
func window(rate float64) time.Duration {
	seconds := math.Ceil(1300/rate*10) / 10
	return time.Duration(min(max(seconds, 1), 5) * float64(time.Second)).Round(100 * time.Millisecond)
}

// warmup is how long requests are sent before they are measured. A client is connected as soon as it is in the queue of the
// server's listener, but is answered only once the server has accepted all those before it.
func warmup(l load.Options) time.Duration {
	const usual, most, each = 200 * time.Millisecond, 600 * time.Millisecond, 40 * time.Microsecond
	return min(usual+time.Duration(l.Idle)*each, most).Round(100 * time.Millisecond)
}

// parseBackend reads "slots=20,wait=10ms", in any order, as a file says the two.
func parseBackend(s string) (wait, slots string, err error) {
	if s == "" {
		return "", "", nil
	}
	for part := range strings.SplitSeq(s, ",") {
		name, value, _ := strings.Cut(part, "=")
		value = strings.TrimSpace(value)
		switch into := map[string]*string{"slots": &slots, "wait": &wait}[strings.TrimSpace(name)]; {
		case into == nil, value == "":
			return "", "", fmt.Errorf("fit: --backend %s: %q is neither slots=N nor wait=TIME; write slots=20,wait=10ms", s, part)
		case *into != "":
			return "", "", fmt.Errorf("fit: --backend %s: %s stands twice; remove one", s, strings.TrimSpace(name))
		default:
			*into = value
		}
	}
	if d, err := unit.ParseTime(wait); wait == "" || err == nil && d == 0 {
		return "", "", fmt.Errorf("fit: --backend %s: say how long a request takes there, such as slots=20,wait=10ms", s)
	}
	return wait, slots, nil
}

// oneOfEachFamily lists a design of each family, in the order of the registry: the one that promises most for a number of
// connections and, if they wait, for handlers that wait. A design that cannot serve so many by what it promises is not
// measured: its trials last longest, because each waits until the clients that get no answer are given up.
func (a *app) oneOfEachFamily(connections int, waits bool) (list []string, cannot []servers.Entry) {
	best := map[string]servers.Entry{}
	var families []string
	for _, e := range a.registry {
		if e.New == nil { // it is not available here, serves datagrams, or is in another language
			continue
		}
		have, known := best[e.Family]
		if !known {
			families = append(families, e.Family)
		}
		if !known || promises(e.Traits, connections, waits) > promises(have.Traits, connections, waits) {
			best[e.Family] = e
		}
	}
	for _, family := range families {
		if e := best[family]; e.Traits.MaxConns > 0 && e.Traits.MaxConns < connections {
			cannot = append(cannot, e)
		} else {
			list = append(list, e.Name)
		}
	}
	return list, cannot
}

// promises counts what a design promises for a load.
func promises(t servers.Traits, connections int, waits bool) (n int) {
	for _, kept := range []bool{
		t.MaxConns == 0 || t.MaxConns >= connections, t.MaxFD == 0 || t.MaxFD > connections+spec.OwnDescriptors,
		!t.ConnPerWorker, !t.Permits, t.PerConn == 0, !waits || !t.Stalls, t.Cores, len(t.Faults) == 0,
	} {
		if kept {
			n++
		}
	}
	return n
}
