package cmd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments/unit"
	"socketbench/servers"
)

// fitFlags describe a service.
type fitFlags struct {
	idle, active, rate, size, backend, cpu string
	p99, memory                            string
	run                                    runFlags
}

// fit asks which designs suit a service.
func (a *app) fit() *cobra.Command {
	var f fitFlags
	c := &cobra.Command{
		Use:   "fit [SERVER | 'COMMAND {port}' ...]",
		Short: "say which designs suit a service of yours, from a few numbers",
		Long: `Fit measures designs under the load of your service and says which of them meet what you require: the cheapest
first, and with what gives out first when there is more load. It is the experiment "service" with your numbers; run
has every other field of it (--set) and every other requirement (--require).

Without servers it measures one design of each family: the one that promises most for such a load.

The backend is what a handler waits for, such as a database with a bounded number of connections: slots=20,wait=10ms is
one that does 20 things at once, each in 10 ms. What it carries is said before anything is measured.

` + commandHelp,
		Example: `  socketbench fit --idle 2k --active 200 --rate 1k --backend slots=20,wait=10ms --p99 200ms
  socketbench fit --active 64 --rate 5k --p99 5ms --memory 256MiB goroutine epoll './mine {port}'`,
		ValidArgsFunction: a.completeServers(0),
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.settings(); err != nil {
				return err
			}
			if len(args) == 0 {
				args = a.oneOfEachFamily(f)
			}
			f.run.seeded, f.run.answer = c.Flags().Changed("seed"), true
			return a.runAll(c.Context(), append([]string{"service"}, args...), f.run)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.idle, "idle", "0", "connections that ask once and are then silent")
	flags.StringVar(&f.active, "active", "64", "connections that ask")
	flags.StringVar(&f.rate, "rate", "", "requests a second, over all of them")
	flags.StringVar(&f.size, "size", "64", "bytes of a request, such as 4KiB")
	flags.StringVar(&f.cpu, "cpu", "0", "iterations of computing for each request")
	flags.StringVar(&f.backend, "backend", "", "what a handler waits for, as `slots=N,wait=TIME`; 0 slots: any number at once")
	flags.StringVar(&f.p99, "p99", "", "the response time that 99 of 100 requests must keep below, such as 200ms")
	flags.StringVar(&f.memory, "memory", "", "the memory that the server must keep below, such as 1GiB")
	flags.StringVar(&f.run.out, "out", "", "write the results to `DIR` (default: results/TIME-service)")
	flags.Uint64Var(&f.run.seed, "seed", 0, "seed of the order and the arrivals (default: a new one)")
	flags.IntVar(&f.run.blocks, "blocks", 3, "number of times that each design is measured")
	flags.StringVar(&f.run.duration, "duration", "1s", "length of each measured window")
	flags.BoolVar(&f.run.dry, "dry-run", false, "print the plan and the time it will take, and measure nothing")
	flags.BoolVar(&f.run.print, "print", false, "print the experiment as a file to begin your own with, and measure nothing")
	a.nameFlag(c)
	return c
}

// settings turns the description into settings of the experiment and requirements.
func (f *fitFlags) settings() error {
	if f.rate == "" || f.p99 == "" {
		return errors.New("fit: say how many requests a second there are, and how late 99 of 100 replies may be: --rate 1k --p99 200ms")
	}
	wait, slots, err := parseBackend(f.backend)
	if err != nil {
		return err
	}
	f.run.sets = []string{
		"load.idle=" + f.idle, "load.connections=" + f.active, "load.rate=" + f.rate, "load.size=" + f.size,
		"config.cpu=" + f.cpu, "config.wait=" + wait.String(), "config.slots=" + strconv.Itoa(slots), "config.workers=" + strconv.Itoa(max(fitWorkers, slots)),
	}
	f.run.require = []string{"latency.p99 < " + f.p99, "unserved == 0", "answered >= 99%"}
	if f.memory != "" {
		f.run.require = append(f.run.require, "rss_peak < "+f.memory)
	}
	return nil
}

// fitWorkers is how many workers a design with workers has, if the backend has no more slots than that.
const fitWorkers = 32

// parseBackend reads "slots=20,wait=10ms", in any order.
func parseBackend(s string) (wait time.Duration, slots int, err error) {
	if s == "" {
		return 0, 0, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "slots":
			slots, err = strconv.Atoi(value)
		case "wait":
			wait, err = unit.ParseTime(value)
		default:
			err = errors.New("it has slots and wait")
		}
		if err != nil {
			return 0, 0, fmt.Errorf("fit: --backend %q: %q: %w; write slots=20,wait=10ms", s, part, err)
		}
	}
	if wait <= 0 {
		return 0, 0, fmt.Errorf("fit: --backend %q: say how long a request takes there, such as slots=20,wait=10ms", s)
	}
	return wait, slots, nil
}

// oneOfEachFamily lists a design of each family, in the order of the registry: the one that promises most for the load.
func (a *app) oneOfEachFamily(f fitFlags) (list []string) {
	best := map[string]servers.Entry{}
	var families []string
	waits := f.backend != ""
	for _, e := range a.registry {
		if e.New == nil { // not here, of datagrams, or in another language
			continue
		}
		have, known := best[e.Family]
		if !known {
			families = append(families, e.Family)
		}
		if !known || promises(e.Traits, waits) > promises(have.Traits, waits) {
			best[e.Family] = e
		}
	}
	for _, family := range families {
		list = append(list, best[family].Name)
	}
	return list
}

// promises counts what a design promises for many connections, and for handlers that wait.
func promises(t servers.Traits, waits bool) (n int) {
	for _, kept := range []bool{
		t.MaxConns == 0 && t.MaxFD == 0, !t.ConnPerWorker, !t.Permits, t.PerConn == 0, !waits || !t.Stalls, len(t.Faults) == 0,
	} {
		if kept {
			n++
		}
	}
	return n
}

