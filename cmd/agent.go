package cmd

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments/agent"
	"socketbench/experiments/fleet"
	"socketbench/experiments/quote"
	"socketbench/experiments/unit"
)

// agent is the command that lets another machine use this one.
func (a *app) agent() *cobra.Command {
	var (
		caps        agent.Caps
		allow       []string
		listen, own string
		rate        string
		shared      bool
	)
	c := &cobra.Command{
		Use:   "agent FILE",
		Short: "let runs on another machine start servers here, or load them from here",
		Long: `Agent connects to the coordinator of a fleet, which is the machine that has FILE's other half, and does its part
in the trials that are run there: with --serve it starts servers, with --load it plays a part of the load. It waits
for a coordinator, and between two runs, until Ctrl-C. FILE is the fleet.join that socketbench fleet new has written.

It does no more than its flags allow, whatever it is ordered: it loads only the literal addresses of --allow, which is
the loopback if nothing is said, and starts only the servers that this program has, unless --commands is given. It
prints a line for every order. When it hears nothing more of a trial, it ends what it has started for it.`,
		Example: "  socketbench agent fleet.join --serve\n" +
			"  socketbench agent fleet.join --load --allow 10.0.0.9 --max-rate 50k",
		Args: arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			join, err := fleet.ReadJoin(args[0])
			if err != nil {
				return err
			}
			if !caps.Serve && !caps.Load {
				return errors.New("agent: say what it may do: --serve, --load or both")
			}
			if caps.Allow, err = prefixes(allow); err != nil {
				return err
			}
			if own, err = agentName(own); err != nil {
				return err
			}
			o := fleet.Options{Name: own, Join: join, Caps: caps, Shared: shared}
			if rate != "" {
				if caps.Rate, err = unit.ParseRate(rate); err != nil || caps.Rate <= 0 {
					return fmt.Errorf("agent: --max-rate %q is not a number of requests a second, such as 4000 or 50k", rate)
				}
			}
			if listen != "" {
				if o.Listen, err = netip.ParseAddr(listen); err != nil {
					return fmt.Errorf("agent: --listen %q is not a literal address, such as 10.0.0.9", listen)
				}
			}
			if err := a.withNATS(); err != nil {
				return err
			}
			var lock sync.Mutex
			line := func(text string) {
				lock.Lock()
				defer lock.Unlock()
				fmt.Fprintf(a.stderr, "%s %s\n", time.Now().Format(time.RFC3339), quote.Text(text))
			}
			o.Audit, o.Events = line, line
			here := agent.New(a.registry, ownProgram())
			defer here.Close()
			o.Agent = here
			line(fmt.Sprintf("agent %s waits for a coordinator at %s", own, join.Where()))
			return fleet.Over.Work(c.Context(), o)
		},
	}
	f := c.Flags()
	f.BoolVar(&caps.Serve, "serve", false, "start servers")
	f.BoolVar(&caps.Load, "load", false, "play a part of the load")
	f.StringSliceVar(&allow, "allow", nil, "addresses or networks that may be loaded, such as 10.0.0.9 or 10.0.0.0/24 (default: the loopback)")
	f.StringVar(&own, "name", "", "how runs name this agent (default: the name of this machine)")
	f.StringVar(&listen, "listen", "", "literal `ADDRESS` on which servers listen (default: the one from which the coordinator is reached)")
	f.BoolVar(&shared, "shared", false, "other programs need the CPUs of this machine, too: wait for replies without polling")
	f.BoolVar(&caps.Commands, "commands", false, "also start servers that are commands, which can do whatever you can")
	f.IntVar(&caps.Connections, "max-connections", 0, "refuse to open more connections at once (default: no limit)")
	f.StringVar(&rate, "max-rate", "", "refuse to send more requests a second, and closed loops (default: no limit)")
	f.DurationVar(&caps.Time, "max-time", 0, "refuse trials whose warm-up and window take longer (default: no limit)")
	return c
}

// prefixes reads the addresses that may be loaded.
func prefixes(texts []string) (list []netip.Prefix, err error) {
	if len(texts) == 0 {
		return agent.Loopback, nil
	}
	for _, text := range texts {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			var a netip.Addr
			if a, err = netip.ParseAddr(text); err == nil {
				p = netip.PrefixFrom(a, a.BitLen())
			}
		}
		if err != nil {
			return nil, fmt.Errorf("agent: --allow %q is neither a literal address nor a network, such as 10.0.0.9 or 10.0.0.0/24; names are not looked up", text)
		}
		list = append(list, p)
	}
	return list, nil
}

// agentName is the name that was given, or that of this machine.
func agentName(given string) (string, error) {
	if given != "" {
		if !fleet.IsName(given) {
			return "", fmt.Errorf("agent: --name %q is not a name for an agent: letters, digits, - and _, at most 63", given)
		}
		return given, nil
	}
	full, err := os.Hostname()
	short, _, _ := strings.Cut(full, ".")
	if err != nil || !fleet.IsName(short) {
		return "", fmt.Errorf("agent: this machine's name %q is not one for an agent; give one with --name", full)
	}
	return short, nil
}
