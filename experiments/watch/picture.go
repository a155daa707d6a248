package watch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"socketbench/experiments/report/lanes"
)

// grain is the step to which a picture's times are rounded down: finer than what a scene is about, and
// coarser than the jitter of a machine, so that a scene twice played gives the same picture.
const grain = 50 * time.Millisecond

// Performance is what was seen of one server.
type Performance struct {
	Server string  `json:"server"`
	Note   string  `json:"note,omitempty"` // such as that it cannot take the scene's work
	Kernel bool    `json:"kernel"`         // what the kernel says of its sockets is among the events
	Events []Event `json:"events"`
}

// Draw makes the picture of what had been seen at the moment until. The times in it are those of the
// scene, from its start to its end.
func Draw(s Scene, seen []Performance, until time.Duration) lanes.Picture {
	p := lanes.Picture{Title: s.Name, About: s.Question, To: s.Lasts}
	for _, perf := range seen {
		panel := lanes.Panel{Title: perf.Server, Note: perf.Note}
		for i, c := range s.Clients {
			panel.Lanes = append(panel.Lanes, lane(s, i, c.Name, perf, until))
		}
		p.Panels = append(p.Panels, panel)
	}
	return p
}

// state is where a client stands between two events.
type state struct {
	connecting, connected, accepted, reading, half bool
	owed, unread                                   int
	over                                           bool
}

// kind is what a lane shows of a client in this state.
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

// lane follows one client through its events.
func lane(s Scene, index int, name string, perf Performance, until time.Duration) lanes.Lane {
	l := lanes.Lane{Name: name}
	var now state
	from := time.Duration(0)
	extend := func(at time.Duration) {
		if k, present := now.kind(); present && at > from {
			if n := len(l.Spans); n > 0 && l.Spans[n-1].Kind == k && l.Spans[n-1].To == from {
				l.Spans[n-1].To = at
			} else {
				l.Spans = append(l.Spans, lanes.Span{Kind: k, From: from, To: at})
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
		at := min(e.At.Truncate(grain), s.Lasts)
		extend(at)
		now.after(e, perf.Kernel)
		switch e.What {
		case Sent:
			mark(lanes.Sent, at, fmt.Sprintf("%q", e.Text))
		case Answered:
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
	extend(min(until.Truncate(grain), s.Lasts))
	l.End, l.Bad = Tell(perf, index, until)
	if waited := Wait(perf, index, until); waited >= tellingWait && l.End == "answered" {
		l.End += ", " + seconds(waited)
	}
	return l
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

// Tell says in a word or two how a client fared until a moment, and whether that is worse than it hoped.
func Tell(perf Performance, index int, until time.Duration) (word string, bad bool) {
	var sends, replies, owed int
	var last time.Duration
	word = "-"
	for _, e := range perf.Events {
		if e.Client != index || e.At > until {
			continue
		}
		switch e.What {
		case Connecting:
			word = "connecting"
		case Connected:
			word = "silent"
		case Sent:
			sends, owed = sends+1, owed+e.Bytes
			word, last = "waits", 0
		case Reading:
			if word == "silent" {
				word = "waits"
			}
		case Received:
			if owed -= e.Bytes; last == 0 || e.At-last > grain {
				replies++
			}
			last = e.At
		case Answered:
			word = "answered"
			if sends != replies {
				word = fmt.Sprintf("%s, %s", count(sends, "send"), count(replies, "reply"))
			}
		case Refused:
			return "refused", true
		case Wrong:
			return "wrong reply", true
		case Ended:
			if owed > 0 {
				return "closed, no answer", true
			}
		case Reset:
			if e.Text != "" { // not the client's own
				return "reset", true
			}
			word = "reset by itself"
		case Closed:
			if owed > 0 {
				word = "left"
			}
		case InVain:
			return "waits in vain", true
		case ServerGone:
			return "server gone", true
		}
	}
	return word, false
}

// tellingWait is the shortest wait that is worth a word.
const tellingWait = 2 * grain

// Wait is the longest time that a client was owed something until it was answered, in steps of the grain.
func Wait(perf Performance, index int, until time.Duration) (longest time.Duration) {
	since := time.Duration(-1)
	for _, e := range perf.Events {
		if e.Client != index || e.At > until {
			continue
		}
		switch at := e.At.Truncate(grain); {
		case e.What == Sent && e.Bytes > 0 && since < 0:
			since = at
		case e.What == Answered && since >= 0:
			longest, since = max(longest, at-since), -1
		}
	}
	return longest
}

// seconds prints a time as a person says it.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s" }

func count(n int, noun string) string {
	if n != 1 {
		noun = strings.TrimSuffix(noun, "y") + map[bool]string{true: "ies", false: "s"}[strings.HasSuffix(noun, "y")]
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// Outcome sorts the clients of a performance: who got all they asked for, and who still waited at the end.
func Outcome(s Scene, perf Performance) (answered, inVain []string) {
	for i, c := range s.Clients {
		word, _ := Tell(perf, i, s.Lasts+time.Second)
		switch {
		case word == "waits in vain":
			inVain = append(inVain, c.Name)
		case slices.ContainsFunc(perf.Events, func(e Event) bool { return e.Client == i && e.What == Answered }):
			answered = append(answered, c.Name)
		}
	}
	return answered, inVain
}

// Sentence sums a performance up.
func Sentence(s Scene, perf Performance) string {
	answered, inVain := Outcome(s, perf)
	text := fmt.Sprintf("%s: %s", perf.Server, "nobody was answered")
	if len(answered) > 0 {
		text = fmt.Sprintf("%s: answered %s", perf.Server, list(answered))
	}
	longest := time.Duration(0)
	for i := range s.Clients {
		longest = max(longest, Wait(perf, i, s.Lasts+time.Second))
	}
	if longest >= tellingWait {
		text += fmt.Sprintf("; the longest wait was %s", seconds(longest))
	}
	if slices.ContainsFunc(perf.Events, func(e Event) bool { return e.What == ServerGone }) {
		text += "; the server ended in the middle of the scene"
	}
	if len(inVain) > 0 {
		text += fmt.Sprintf("; %s waited in vain", list(inVain))
	}
	return text
}

func list(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
