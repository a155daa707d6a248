package cmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/servers/address"
)

// loading is the subcommand load.
type loading struct {
	*app
	ask           spec.Experiment // as the flags have it: load, and the framing of config
	o             load.Options    // as it is played
	seed          uint64
	placement     string
	say, expect   string
	until         string
	greeting      string
	replyBytes    int
	asJSON, prove bool
	log           string
	nagle         bool
}

func (a *app) load() *cobra.Command {
	l := loading{app: a}
	l.ask.Load = load.Options{Connections: 64, Size: 64, Pipeline: 1, Warmup: 500 * time.Millisecond, Duration: 10 * time.Second}
	c := &cobra.Command{
		Use:   "load ADDRESS",
		Short: "put a load on any server with the load generator alone",
		Long: "Load sends requests to a server and reports how many were answered, how late the replies were after\n" +
			"the times at which the requests were due, and whether every byte was right. The server answers in upper\n" +
			"case, or speaks the protocol that --say and --expect, --until or --reply-bytes describe. With --rate\n" +
			"the load is an open loop, whose schedule does not wait for replies; without it, a closed loop.\n\n" +
			"It exits with 1 if a reply was wrong, lost or missing, or if the generator itself was too slow.",
		Example: "  socketbench load tcp://127.0.0.1:9000\n" +
			"  socketbench load tcp://127.0.0.1:9000 --rate 10k --connections 200 --mute 8\n" +
			"  socketbench load tcp://127.0.0.1:6379 --say ping.txt --until '\\r\\n' --pipeline 16\n" +
			"  socketbench load --prove",
		Args: func(c *cobra.Command, args []string) error {
			if l.prove {
				return arguments(0, 0)(c, args)
			}
			if len(args) != 1 {
				return errors.New("one address is needed, such as tcp://127.0.0.1:9000 (socketbench serve goroutine starts a server there)")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if err := l.options(c, args); err != nil {
				return err
			}
			if l.prove {
				return l.runProof(c)
			}
			return l.run(c)
		},
	}
	f := c.Flags()
	for _, field := range append(spec.Flags(&l.ask, "load"), spec.Flags(&l.ask, "config", "framing")...) {
		if field.Type() != "bool" { // --nagle is the inverse of one of them, and load cannot stop a server that it did not start
			f.Var(field, field.Name(), field.Usage())
		}
	}
	f.BoolVar(&l.nagle, "nagle", false, "leave Nagle's algorithm on")
	f.StringVar(&l.placement, "placement", "", "CPUs of the generator: split (CPUs that the server should not use), shared (all) or same (those of the server) (default split)")
	f.Uint64Var(&l.seed, "seed", 1, "seed of the schedule")
	f.StringVar(&l.say, "say", "", "file with the bytes of a request, for servers of other protocols")
	f.StringVar(&l.expect, "expect", "", "file with the exact reply to --say")
	f.StringVar(&l.until, "until", "", `end of a reply, such as '\r\n'`)
	f.StringVar(&l.greeting, "greeting-until", "", `end of the greeting of a server that speaks first, such as '\r\n'`)
	f.IntVar(&l.replyBytes, "reply-bytes", 0, "length of a reply in bytes")
	f.BoolVar(&l.asJSON, "json", false, "print the result as JSON")
	f.StringVar(&l.log, "log", "", "write an HdrHistogram interval log to this file")
	f.BoolVar(&l.prove, "prove", false, "prove that the generator sees a stalled server: stop one, and compare the result with arithmetic")
	return c
}

// options turns flags into options.
func (l *loading) options(c *cobra.Command, args []string) error {
	l.o = l.ask.Load
	o := &l.o
	o.Framing, o.Seed = l.ask.Config.Protocol.Framing, l.seed
	for _, typed := range []struct {
		flag  string
		value float64
	}{{"rate", o.Rate}, {"peak", o.Burst.Peak}, {"reply-bytes", float64(l.replyBytes)}} {
		// In a file a zero stands for the default; on the command line it is a value.
		if typed.value == 0 && c.Flags().Changed(typed.flag) {
			return fmt.Errorf("load: --%s must be above 0; leave it out for the default", typed.flag)
		}
	}
	if o.Arrivals == "" && o.Rate > 0 {
		o.Arrivals = load.Poisson
		if o.Burst.Peak > 0 {
			o.Arrivals = load.Bursts
		}
	}
	if o.Arrivals != load.Bursts && o.Burst != (load.Burst{}) {
		return errors.New("load: --peak, --width and --period shape a burst; add --arrivals burst and --rate")
	}
	if l.nagle {
		no := false
		o.NoDelay = &no
	}
	if o.Engine == load.EnginePortable && l.placement == "" {
		l.placement = host.Shared // its goroutines cannot be kept on CPUs of their own
	}
	placement, err := host.NewPlacement(l.placement)
	if err != nil {
		return err
	}
	if placement.Name != host.Shared {
		o.CPUs = placement.Client
	}
	o.Spin = placement.Name == host.Split && o.OpenLoop()
	if len(args) == 1 {
		at, err := address.Parse(args[0])
		if err != nil {
			return fmt.Errorf("load: %w", err)
		}
		if at.Network == "tcp" { // once, so that all processes of the generator ask the same server
			ip, err := at.TCP()
			if err != nil {
				return fmt.Errorf("load: %w", err)
			}
			at = address.Of(ip)
		}
		o.Address, o.Remote, o.GiveUp = at.String(), true, true
	}
	if l.say == "" {
		if l.expect != "" || l.until != "" || l.replyBytes != 0 || l.greeting != "" {
			return errors.New("load: --expect, --until, --reply-bytes and --greeting-until describe the reply to --say; add --say FILE")
		}
		return nil
	}
	conversation := &load.Conversation{ReplyBytes: l.replyBytes}
	if conversation.Say, err = os.ReadFile(l.say); err != nil {
		return fmt.Errorf("load: --say: %w", err)
	}
	if l.expect != "" {
		if conversation.Expect, err = os.ReadFile(l.expect); err != nil {
			return fmt.Errorf("load: --expect: %w", err)
		}
	}
	if conversation.Until, err = unquote("until", l.until); err != nil {
		return err
	}
	if conversation.Greeting, err = unquote("greeting-until", l.greeting); err != nil {
		return err
	}
	o.Conversation = conversation
	return nil
}

// unquote reads bytes that were typed as in a Go string.
func unquote(flag, typed string) ([]byte, error) {
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(typed, `"`, `\"`) + `"`)
	if err != nil {
		return nil, fmt.Errorf("load: --%s %q: %w; write bytes as in Go, such as \\r\\n", flag, typed, err)
	}
	return []byte(text), nil
}

func (l *loading) run(c *cobra.Command) error {
	o := l.o
	if err := o.CheckSpawn(); err != nil {
		return err
	}
	var log *os.File
	var err error
	if l.log != "" { // before the load begins, so that no time is lost if the file cannot be written
		if log, err = os.Create(l.log); err != nil {
			return fmt.Errorf("load: --log: %w", err)
		}
		defer log.Close()
	}
	fmt.Fprintln(l.stderr, loadPlan(o))
	if !load.Local(o.Address) {
		fmt.Fprintf(l.stderr, "%s is on another machine: make sure that its owner agrees\n", o.Address)
	}
	began := time.Now()
	o.Ready = func(w load.Window) { began = w.Start }
	line := newLive(l.stderr, o)
	o.Progress = line.show
	r, err := load.Spawn(c.Context(), o)
	line.end()
	if err != nil {
		return err
	}
	if log != nil {
		if err := errors.Join(result.WriteLog(log, began, r), log.Close()); err != nil {
			return fmt.Errorf("load: --log: %w", err)
		}
	}
	if l.asJSON {
		if r.Wrong != nil {
			fmt.Fprintln(l.stderr, firstWrong(r.Wrong)) // a trial has no field for it
		}
		err = json.NewEncoder(l.stdout).Encode(trialOf(o, r, began, l.log))
	} else {
		err = loadTable(l.stdout, o, r)
	}
	if err != nil {
		return err
	}
	switch at, _ := address.Parse(o.Address); {
	case r.Metrics[metric.Served] == 0 && r.Metrics["errors.refused"] > 0:
		fmt.Fprintf(l.stderr, "%s; start a server: %s\n", at.NoConnection(syscall.ECONNREFUSED), l.starter(at))
	case r.Unplayed && o.Datagrams():
		fmt.Fprintf(l.stderr, "nothing came back from %s; check the address, or start a server there: %s\n", at, l.starter(at))
	}
	switch {
	case c.Context().Err() == nil:
	case r.Uncounted != "": // it says so itself
	default:
		fmt.Fprintln(l.stderr, "ended early; the figures cover the time until then")
	}
	return satisfied(r)
}

// satisfied is nil when every request was answered rightly, no connection failed, all disturbers were there and the
// figures are the server's.
func satisfied(r *load.Result) error {
	for _, name := range []string{metric.Wrong, metric.Duplicate, metric.Lost, metric.Unanswered, metric.Unserved} {
		if r.Metrics[name] > 0 {
			return &doesNotHold{}
		}
	}
	if there, asked := r.Metrics[metric.Disturbers]; asked && there < 1 {
		return &doesNotHold{}
	}
	for _, kind := range load.Faults() {
		if r.Metrics["errors."+kind] > 0 {
			return &doesNotHold{}
		}
	}
	if !r.Valid || r.Metrics[metric.Served] == 0 {
		return &doesNotHold{}
	}
	return nil
}

// trialOf is the one trial of a load, in the form in which a run stores trials.
func trialOf(o load.Options, r *load.Result, began time.Time, log string) result.Trial {
	return result.Trial{
		Cell:  result.Cell{"server": o.Address},
		Label: result.LabelFirst, Valid: r.Valid, Reasons: r.Reasons, Engine: r.Engine, LowerBound: r.LowerBound, AtLeast: float64(r.AtLeast),
		Metrics: r.Metrics, Histogram: log, Started: began.UTC().Format(time.RFC3339Nano),
		Seconds: max(0, time.Since(began).Seconds()), // negative if the window never began
	}
}
