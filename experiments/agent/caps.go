package agent

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"socketbench/experiments/host"
	"socketbench/experiments/load"
)

// Caps are what the owner of a machine allows the agent there, whatever it is ordered. A coordinator asks them before a run,
// so that what is not allowed ends before anything is measured; the agent itself refuses it, too.
type Caps struct {
	Serve, Load bool           // its roles
	Allow       []netip.Prefix // addresses that may be loaded; none: all
	Commands    bool           // servers that are commands, and not only those of the registry

	Connections int           // at most, at one time; 0: no limit
	Rate        float64       // requests/s at most; 0: no limit
	Time        time.Duration // warm-up and window together at most; 0: no limit
}

// everything is what this machine allows itself.
var everything = Caps{Serve: true, Load: true, Commands: true}

// Loopback are the addresses that an agent may load when its owner says nothing else.
var Loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// MayServe says why the agent does not start a server; nil: it does.
func (c Caps) MayServe(server string) error {
	switch {
	case !c.Serve:
		return errors.New("this agent does not serve; its owner starts it with --serve if it may")
	case host.Foreign(server) && !c.Commands:
		return fmt.Errorf("this agent starts no commands, such as %q; its owner starts it with --commands if it may", server)
	}
	return nil
}

// MayLoad says why the agent does not play a load, or its part of one; nil: it does.
func (c Caps) MayLoad(o load.Options) error {
	where, tcp := strings.CutPrefix(o.Address, "tcp://")
	at, err := netip.ParseAddrPort(where)
	rate := max(o.Rate, o.Burst.Peak)
	if all := o.Part.All; all > 0 { // it sends its part of the whole's
		rate *= float64(o.Connections) / float64(all)
	}
	switch {
	case !c.Load:
		return errors.New("this agent does not load; its owner starts it with --load if it may")
	case !tcp || err != nil:
		return fmt.Errorf("this agent loads only literal TCP addresses, and not %q", o.Address)
	case c.Allow != nil && !slices.ContainsFunc(c.Allow, func(p netip.Prefix) bool { return p.Contains(at.Addr().Unmap()) }):
		return fmt.Errorf("this agent may not load %s; its owner starts it with --allow %[1]s if it may", at.Addr())
	case c.Connections > 0 && o.Clients() > c.Connections:
		return fmt.Errorf("this agent opens at most %d connections (--max-connections), and not %d", c.Connections, o.Clients())
	case c.Rate > 0 && rate > c.Rate:
		return fmt.Errorf("this agent sends at most %.0f requests/s (--max-rate), and not %.0f", c.Rate, rate)
	case c.Rate > 0 && !o.OpenLoop():
		return fmt.Errorf("this agent sends at most %.0f requests/s (--max-rate), and a closed loop has no bound", c.Rate)
	case c.Time > 0 && o.Warmup+o.Duration > c.Time:
		return fmt.Errorf("this agent plays for at most %v (--max-time), and not %v", c.Time, o.Warmup+o.Duration)
	}
	return nil
}
