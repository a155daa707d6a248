package experiments

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"socketbench/experiments/metric"
	"socketbench/experiments/quote"
	"socketbench/experiments/reason"
	"socketbench/experiments/unit"
	"socketbench/servers"
)

// silence is how long a server may answer nobody, beyond the wait of its handlers: one that is silent for so long, as in a whole
// window of that length, has stopped.
const silence = 300 * time.Millisecond

// more and few are the share and the number of requests by which answers exceed arrivals where the ends of the window
// cannot explain it.
const (
	more = 0.02
	few  = 10
)

// fault notes what the server did that no server may. The first is the reason for those after it.
func (m *measurement) fault(what reason.Misdeed, format string, args ...any) {
	if m.trial.Fault.Kind == "" {
		m.trial.Fault = reason.Fault{Kind: what, Detail: quote.Error(fmt.Errorf(format, args...))}
	}
}

// answers looks at what the clients got: a server that stopped answering and one that answered wrongly say so.
func (m *measurement) answers() {
	m.trial.Raw["right"], m.trial.Raw["wanted"] = m.load.Right, m.load.Wanted
	if w := m.load.Wrong; w != nil {
		m.warn(reason.Replies, "the first wrong reply, to request %d of connection %d, has from byte %d on %s in place of %s",
			w.Request+1, w.Conn+1, w.Offset+1, text(w.Got), text(w.Want)).RestsOn = metric.Wrong
	}
	if o, a := m.load.Metrics[metric.OfferedRate], m.load.Metrics[metric.AchievedRate]; a > o*(1+more) && o > 0 && (a-o)*m.window.Seconds() > few {
		m.warn(reason.Replies, "%s were answered and %s were asked for: the difference had been asked for before the window",
			unit.Tick("requests/s", a), unit.Tick("requests/s", o)).RestsOn = metric.AchievedRate
	}
	limit, unheard := m.mayBeSilent(), m.load.Paused // a generator without a turn hears no reply, whatever the server does
	// Beside disturbers a design may be unable to answer anybody, by what it promises; without them it has no excuse.
	if o := m.cell.Load; m.load.Received == 0 && o.Clients() == o.Connections && m.window-unheard >= limit {
		m.fault(reason.Nobody, "no client got a reply, and there was nobody else")
	}
	if silent := m.load.Silent; silent-unheard >= limit {
		m.fault(reason.Stopped, "it had answered, and nobody got a reply in the last %s of the window, though clients waited",
			unit.Tick("ns", float64(silent.Round(time.Millisecond))))
	}
}

// mayBeSilent is for how long a server may answer nobody while clients wait. A design that promises to serve fewer
// connections at once than there are may do so for ever, as others hold what the waiting ones wait for; one whose
// handlers wait in its loop, or which waits at each silent connection, may do so for a round of all of them.
func (m *measurement) mayBeSilent() time.Duration {
	clients := m.cell.Load.Clients()
	wait := m.cell.Config.Protocol.Work.Wait
	e, err := m.Registry.Lookup(m.cell.Server)
	if err != nil { // a command of the user's promises nothing, and may wait in its loop
		return silence + wait*time.Duration(clients)
	}
	limit := silence + wait
	if e.Traits.Stalls {
		limit = silence + wait*time.Duration(clients)
	}
	most := e.Traits.Capacity(servers.Config{Workers: m.cell.Config.Workers, MaxConns: m.cell.Config.MaxConns})
	if most > 0 && clients > most {
		return math.MaxInt64
	}
	return limit + time.Duration(clients)*e.Traits.PerConn
}

// text writes bytes as a person reads them, in quotes.
func text(b []byte) string { return strconv.Quote(string(b)) }
