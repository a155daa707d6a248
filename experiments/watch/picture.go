package watch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"socketbench/experiments/quote"
	"socketbench/experiments/report/lanes"
	"socketbench/servers/upper"
)

// Grain is the step to which the times of a picture are rounded down. It is finer than the times that a scene is
// about and coarser than the jitter of a machine, so that a scene that is played twice gives the same picture.
const Grain = 50 * time.Millisecond

// Performance is what was seen of one server.
type Performance struct {
	Server  string  `json:"server"`
	Command string  `json:"command,omitempty"` // what runs it, where Server is a name for that
	Note    string  `json:"note,omitempty"`    // what a viewer must know, such as that it runs already
	Kernel  bool    `json:"kernel"`            // what the kernel says of its sockets is among the events
	Events  []Event `json:"events"`

	Framing    upper.Framing `json:"framing"`         // under which the scene was played
	Reads      []Read        `json:"reads,omitempty"` // in the order in which they happened
	ReadsKnown bool          `json:"reads_known"`     // false: how the server reads is its own affair

	Unplayed string `json:"not_played,omitempty"` // why the scene is not played to it
	Untold   string `json:"not_told,omitempty"`   // what of the scene's settings it was not told, and the remedy

	Died  string   `json:"died,omitempty"`       // how the server ended that was to live through the scene: "exit status 2"
	Words []string `json:"last_words,omitempty"` // the lines of its standard error that say most
}

// Title names the server of a performance, with the framing under which the scene is played to it.
func Title(perf Performance) string {
	if perf.Framing != upper.Raw {
		return quote.Text(perf.Server) + ", " + perf.Framing.String() + " framing"
	}
	return quote.Text(perf.Server)
}

// Draw makes the picture of what had been seen until a moment. Its time axis is that of the whole scene.
func Draw(s Scene, seen []Performance, until time.Duration) lanes.Picture {
	p := lanes.Picture{Title: s.Name, About: s.Question, To: s.Lasts}
	if told := s.Config.String(); told != "" {
		p.About += " (" + told + ")"
	}
	for _, perf := range seen {
		panel := lanes.Panel{Title: Title(perf), Note: quote.Text(perf.Note)}
		if perf.Unplayed != "" {
			panel.Note = "not played: " + quote.Text(perf.Unplayed)
			p.Panels = append(p.Panels, panel)
			continue
		}
		backlog, unread := 0, 0
		datagrams := overDatagrams(perf)
		for i, c := range s.Clients {
			if datagrams {
				panel.Lanes = append(panel.Lanes, datagramLane(s, i, c.Name, perf, until))
				continue
			}
			l, last := laneOf(s, i, c.Name, perf, until)
			panel.Lanes = append(panel.Lanes, l)
			if last.connected && !last.accepted {
				backlog++
			}
			if last.connected {
				unread += last.unread
			}
		}
		if n, _ := dropped(perf, until); n > 0 {
			panel.Note = strings.TrimPrefix(fmt.Sprintf("%s, %s dropped at its socket", panel.Note, count(n, "datagram")), ", ")
		}
		if perf.Kernel {
			panel.Note = noted(panel.Note, backlog, unread)
		}
		if perf.Command != "" { // last, as it may be long
			panel.Note = strings.TrimPrefix(panel.Note+", "+quote.Text(perf.Command), ", ")
		}
		p.Panels = append(p.Panels, panel)
	}
	return p
}

// DrawWhole makes the picture of a scene that is over. Its time axis ends soon after the last thing that happened, so that the
// picture has room for what did; who waits in vain waits to its end.
func DrawWhole(s Scene, seen []Performance, until time.Duration) lanes.Picture {
	last := time.Duration(0)
	for _, perf := range seen {
		for _, e := range perf.Events {
			if e.What != InVain && e.At < s.Lasts-Grain {
				last = max(last, e.At)
			}
		}
	}
	p := Draw(s, seen, until)
	if to := (last + last/8 + 2*Grain).Truncate(Grain); last > 0 && to < p.To {
		p.To = to
	}
	return p
}

// noted returns a panel's note, extended by what waits in the server's kernel at the moment, if anything does.
func noted(note string, backlog, unread int) string {
	notes := []string{note}
	if backlog > 0 {
		notes = append(notes, fmt.Sprintf("%d in the backlog", backlog))
	}
	if unread > 0 {
		notes = append(notes, count(unread, "byte")+" unread")
	}
	return strings.TrimPrefix(strings.Join(notes, ", "), ", ")
}

// state is what a client does between two events.
type state struct {
	connecting, connected, accepted, reading, half bool
	owed, unread                                   int
	over                                           bool
}

// kind is how a lane shows a client in this state.
func (s state) kind() (k lanes.Kind, present bool) {
	switch {
	case s.over:
		return 0, false
	case s.connecting:
		return lanes.Connecting, true
	case !s.connected:
		return 0, false
	case !s.accepted:
		return lanes.Backlog, true
	case s.owed > 0 && s.unread > 0, s.owed == 0 && s.reading:
		return lanes.Waiting, true
	case s.owed > 0:
		return lanes.Serving, true
	}
	return lanes.Silent, true
}

// label says what only the kernel knows: how many of the bytes that were sent lie there unread.
func (s state) label(kernel bool) string {
	if !kernel || s.unread == 0 {
		return ""
	}
	return count(s.unread, "byte") + " unread"
}

// laneOf draws one client from its events, and returns its state after the last of them too.
func laneOf(s Scene, index int, name string, perf Performance, until time.Duration) (l lanes.Lane, now state) {
	l.Name = name
	from := time.Duration(0)
	extend := func(at time.Duration) {
		if k, present := now.kind(); present && at > from {
			label := now.label(perf.Kernel)
			if n := len(l.Spans); n > 0 && l.Spans[n-1].Kind == k && l.Spans[n-1].Label == label && l.Spans[n-1].To == from {
				l.Spans[n-1].To = at
			} else {
				l.Spans = append(l.Spans, lanes.Span{Kind: k, From: from, To: at, Label: label})
			}
		}
		from = at
	}
	mark := func(e lanes.Event, at time.Duration, label string) {
		l.Marks = append(l.Marks, lanes.Mark{Event: e, At: at, Label: label})
	}
	for _, e := range perf.Events {
		if e.Client != index || e.At > until {
			continue
		}
		at := min(e.At.Truncate(Grain), s.Lasts)
		extend(at)
		now.after(e, perf.Kernel)
		switch e.What {
		case Sent:
			mark(lanes.Sent, at, fmt.Sprintf("%q", e.Text))
		case Received:
			if part := (lanes.Mark{Event: lanes.Part, At: at}); now.owed > 0 && !slices.Contains(l.Marks, part) {
				l.Marks = append(l.Marks, part)
			}
		case Answered:
			// Of what comes within one step of the picture, the whole answer is what matters.
			l.Marks = slices.DeleteFunc(l.Marks, func(m lanes.Mark) bool { return m == lanes.Mark{Event: lanes.Part, At: at} })
			mark(lanes.Answered, at, "")
		case HalfClosed:
			mark(lanes.HalfClosed, at, "")
		case Refused:
			mark(lanes.Refused, at, e.Text)
		case Reset:
			mark(lanes.Reset, at, e.Text)
		case Closed, Ended:
			if n := len(l.Marks); n > 0 && l.Marks[n-1] == (lanes.Mark{Event: lanes.Answered, At: at}) {
				break // the answer is what matters of this moment
			}
			mark(lanes.Closed, at, string(e.What))
		}
	}
	extend(min(until.Truncate(Grain), s.Lasts))
	l.End, l.Bad = ending(perf, index, until)
	return l, now
}

// ending is the word behind a client's lane, with the time that it waited where that says something.
func ending(perf Performance, index int, until time.Duration) (word string, bad bool) {
	word, bad = Tell(perf, index, until)
	if waited := Wait(perf, index, until); waited >= tellingWait && word == "answered" {
		word += ", " + Seconds(waited)
	}
	return word, bad
}

// after is the state behind an event.
func (s *state) after(e Event, kernel bool) {
	switch e.What {
	case Connecting:
		*s = state{connecting: true}
	case Connected:
		s.connecting, s.connected, s.accepted = false, true, !kernel
	case Sent:
		s.owed += e.Bytes
		s.unread += e.Bytes // until the kernel says that it was read
	case Reading:
		s.reading = true
	case Received:
		s.accepted = true
		s.owed -= e.Bytes
		s.unread = min(s.unread, max(s.owed, 0))
	case Answered:
		s.reading = false
	case HalfClosed:
		s.half = true
	case Accepted:
		s.accepted = true
	case Unread:
		s.unread = e.Bytes
	case Refused, Ended, Reset, Closed, Wrong, ServerGone:
		*s = state{over: true}
	}
}
