package experiments

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"socketbench/experiments/agent"
	"socketbench/experiments/metric"
	"socketbench/experiments/reason"
	"socketbench/experiments/unit"
)

// A figure is about its cell only if the server did the work that the cell names. Every trial checks what can be seen of
// that: that the server's runtime has the ordered settings at both ends of the window, and that requests wait and compute
// as the server was told.

// setting is one setting of a Go server's runtime: its value, and the one that the experiment or the placement gave it.
type setting struct {
	name     string
	has      int
	given    int
	explicit bool // the experiment names it
	none     int  // the value that means off or none
}

func (s setting) text(value int) string {
	if value == s.none {
		return "off"
	}
	return strconv.Itoa(value)
}

// serverIsAsOrdered checks what the server's agent has read at both ends of the window.
func (m *measurement) serverIsAsOrdered() {
	m.placed(m.from(), "before")
	m.tuned()
	m.equipped()
	m.placed(m.to(), "at the end of")
	m.stillTuned()
	m.stillEquipped()
}

// placed checks that the server's processes run on the CPUs of the placement.
func (m *measurement) placed(r agent.Reading, when string) {
	if r.Outside != "" {
		m.invalid(reason.Settings, "%s the window the server was not confined to its CPUs: %s", when, r.Outside)
	}
}

// from is what was read just before the window, and to at its end.
func (m *measurement) from() agent.Reading { return m.served.Seen.From }
func (m *measurement) to() agent.Reading   { return m.served.Seen.To }

// settings are those at the moment of an observation; none where the server is a program of its own.
func (m *measurement) settings(r agent.Reading) []setting {
	t := r.Snapshot.Tuning
	if !r.Told || t.GOMAXPROCS == 0 {
		return nil
	}
	return []setting{
		{name: "gomaxprocs", has: t.GOMAXPROCS, given: cmp.Or(m.cell.GOMAXPROCS, len(m.serving.Placement.Server), t.GOMAXPROCS), explicit: m.cell.GOMAXPROCS > 0},
		{name: "gogc", has: t.GOGC, given: max(-1, cmp.Or(m.cell.GOGC, 100)), explicit: m.cell.GOGC != 0, none: -1},
		{name: "memory limit", has: int(t.MemoryLimit)},
	}
}

// tuned checks before the window that the server has the settings that it was given. What the experiment leaves open a
// server may choose for itself, which is a warning; what the experiment names must be so.
func (m *measurement) tuned() {
	for _, s := range m.settings(m.from()) {
		switch {
		case s.has == s.given:
		case s.explicit:
			m.invalid(reason.Settings, "the server has %s %s, and was given %s", s.name, s.text(s.has), s.text(s.given))
		default:
			m.warn(reason.Settings, "the server has chosen %s %s for itself; others have %s", s.name, s.text(s.has), s.text(s.given))
		}
	}
}

// stillTuned checks at the window's end that no setting has changed in the window: the figures would be of neither.
func (m *measurement) stillTuned() {
	before := m.settings(m.from())
	for i, s := range m.settings(m.to()) {
		if i < len(before) && s.has != before[i].has {
			m.invalid(reason.Settings, "the server changed its %s in the window, from %s to %s", s.name, s.text(before[i].has), s.text(s.has))
		}
	}
}

// equipped checks before the window that a command's processes have the environment that they were given, which a program
// above them may have changed. What the experiment names must be so; a variable that the command itself sets is part of
// its name.
func (m *measurement) equipped() {
	for _, c := range m.from().Changes {
		say := m.warn
		switch {
		case c.Name == "GOGC" && m.cell.GOGC != 0, c.Name == "GOMAXPROCS" && m.cell.GOMAXPROCS > 0:
			say = m.invalid
		case strings.Contains(m.cell.Server, c.Name+"="):
			continue
		}
		say(reason.Settings, "%s is %s in the server's environment, and was %s when the run started it: a program between them has changed it",
			c.Name, c.After, c.Before)
	}
}

// stillEquipped checks at the window's end that the serving processes have the same environment.
func (m *measurement) stillEquipped() {
	if m.from().Served && m.to().Served && !slices.Equal(m.from().Changes, m.to().Changes) {
		m.invalid(reason.Settings, "the server's environment changed in the window: what serves now was started otherwise")
	}
}

// works checks that requests wait and compute as the server was told: a command may take seconds for milliseconds. The
// bounds are wide, so that timers that end a millisecond early, as in some languages, and a clock rate that doubles are no
// fault.
func (m *measurement) works() {
	c, l := m.cell.Config.Protocol.Work, m.load
	least := c.Wait - max(c.Wait/5, time.Millisecond)
	answered := l.Service.TotalCount() - l.Censored - l.Late // the others were open for less, or a stop cut their wait short
	if least > 0 && answered > 3*(l.Censored+l.Late) {
		if half := time.Duration(l.Service.Quantile(.5)); half < least {
			m.invalid(reason.Settings, "the server does not wait as it was told: half of the requests were answered within %s, and each waits for %v (config.wait)",
				unit.Tick("ns", float64(half)), c.Wait).RestsOn = metric.ServiceP50
		}
		most := float64(c.Slots) * (m.window.Seconds()/least.Seconds() + 2)
		if done := m.trial.Metrics[metric.AchievedRate] * m.window.Seconds(); c.Slots > 0 && done > most {
			m.invalid(reason.Settings, "the server does not keep to its slots: it answered %s, where %s of %v each allow at most %s (config.slots)",
				unit.Many(int(done), "request"), unit.Many(c.Slots, "slot"), c.Wait, strconv.Itoa(int(most))).RestsOn = metric.AchievedRate
		}
	}
	spent, whole := m.trial.Metrics[metric.CPUPerRequest]
	if told := float64(c.CPU) * m.manifest.WorkUnit; whole && told > leastWork && spent < told/2 {
		m.invalid(reason.Settings, "the server does not compute as it was told: a request costs %s of CPU time, and computing alone takes %s here (config.cpu)",
			unit.Tick("ns", spent), unit.Tick("ns", told)).RestsOn = metric.CPUPerRequest
	}
}

// leastWork is the computing time, in ns, from which it can be told apart from what a request costs anyway.
const leastWork = 5000
