package load

import (
	"fmt"

	"socketbench/servers/upper"
)

// Conflict is something that options cannot ask for, on whatever machine.
type Conflict struct {
	Field string // as a file names it: rate, burst.width, conversation
	Text  string // a sentence without its end, with the remedy
}

// Conflicts lists what is wrong with the options by themselves. [Options.Check] also knows the machine.
func (o Options) Conflicts() (list []Conflict) {
	bad := func(field, format string, args ...any) {
		list = append(list, Conflict{field, fmt.Sprintf(format, args...)})
	}
	openLoop := o.OpenLoop()
	switch {
	case openLoop && !(o.Rate > 0):
		bad("arrivals", "arrivals %s follow a schedule and need a rate above 0, such as 4000; or choose closed", o.Arrivals)
	case !openLoop && o.Rate != 0:
		bad("rate", "a closed loop has no rate; leave rate out, or choose arrivals %s, %s or %s", Constant, Poisson, Bursts)
	}
	if openLoop && o.Think != 0 {
		bad("think", "think is a pause of a closed loop; arrivals %s follow a schedule", o.Arrivals)
	}
	if o.Stop {
		const why = "stop asks what a server does with what it had read"
		if openLoop {
			bad("stop", "%s; it needs a closed loop, and arrivals are %s", why, o.Arrivals)
		}
		if o.SlowReader > 0 || o.Reset > 0 {
			bad("stop", "%s; clients that do not read it, slowreader and reset, cannot tell", why)
		}
	}
	if o.Datagrams() {
		list = append(list, o.DatagramConflicts()...)
	}
	b := o.Burst
	switch {
	case o.Arrivals == Bursts && b.Peak <= 0:
		bad("burst", "arrivals burst need a peak, such as {peak: 20k, width: 100ms, period: 1s}")
	case o.Arrivals != Bursts && b != Burst{}:
		bad("burst", "burst belongs to arrivals burst; they are %s", o.Arrivals)
	case b.Width < 0 || b.Period < 0 || b.Period > 0 && (b.Width == 0 || b.Width > b.Period):
		bad("burst.width", "a burst of %v does not fit into its period of %v", b.Width, b.Period)
	}
	if c := o.Conversation; c != nil {
		ends := 0
		for _, set := range []bool{len(c.Expect) > 0, len(c.Until) > 0, c.ReplyBytes > 0} {
			if set {
				ends++
			}
		}
		if len(c.Say) == 0 || ends != 1 {
			bad("conversation", "a conversation needs say, and one of expect, until and reply_bytes that says where a reply ends")
		}
		if o.Framing != upper.Raw {
			bad("conversation", "a conversation is sent as it is; leave out framing %s", o.Framing)
		}
	}
	return list
}
