// Package lanes draws which client waits for which: time runs from left to right, and each client has a lane that shows
// what happened to it and when. The report's waterfall and `watch` use the same picture, written as SVG and as text.
package lanes

import "time"

// Picture is several panels over the same time.
type Picture struct {
	Title    string
	About    string        // what the picture shows, for readers who cannot see it
	From, To time.Duration // the time that is drawn; anything outside is cut off
	Panels   []Panel

	// Chinese, if it is set, translates the words of the legend and the ends of lanes. HTML then writes both, of the classes
	// in-en and in-zh, and the page shows one of them.
	Chinese func(english string) string
}

// Panel is the lanes of one server.
type Panel struct {
	Title string
	Note  string // beside the title: a figure, a condition
	Lanes []Lane
}

// Lane is one client or connection.
type Lane struct {
	Name  string
	Spans []Span // in rising order, not overlapping; between them the client is not connected
	Marks []Mark
	End   string // how it ended, in a word or two, written after the lane
	Bad   bool   // the client did not get what it asked for
}

// Span is a time that the client spent in one state.
type Span struct {
	Kind     Kind
	From, To time.Duration
	Open     bool   // it had not ended when the picture was made
	Label    string // written into it where there is room; "": none
}

// Kind is the state of a client during a span.
type Kind int

const (
	Connecting Kind = iota // connect was called and has not returned
	Backlog                // connected, and not yet accepted by the server
	Silent                 // connected, without an open request
	Waiting                // a request was sent, and the server is busy with others
	Serving                // the request is being answered
)

// Kinds describes each kind, in the order of the legend.
var Kinds = []struct {
	Kind  Kind
	Name  string
	Class string // of its shape in SVG
	Rune  rune   // of a column in text
}{
	{Connecting, "connecting", "lane-connect", '·'},
	{Backlog, "backlog: connected, not accepted", "lane-backlog", '░'},
	{Silent, "connected, silent", "lane-silent", '─'},
	{Waiting, "waiting for an answer", "lane-wait", '▒'},
	{Serving, "being answered", "lane-serve", '█'},
}

// Mark is something that happened at one moment.
type Mark struct {
	Event Event
	At    time.Duration
	Label string // shown to a reader who points at it: "hello", "5 bytes unread"
}

// Event is what happened.
type Event int

const (
	Sent       Event = iota // a request left the client
	Answered                // its reply was complete
	Part                    // a reply came, and more is owed
	HalfClosed              // the client has sent everything
	Closed                  // the connection ended in order
	Refused                 // connect failed
	Reset                   // the connection ended with a reset
	Unread                  // bytes stay in a socket because nobody reads them
	Lost                    // the client waits no more for a reply
)

// Events describes each event.
var Events = []struct {
	Event Event
	Name  string
	Class string
	Rune  rune
}{
	{Sent, "sent", "mark-sent", '>'},
	{Answered, "answered", "mark-answered", '✓'},
	{Part, "a reply, and more is owed", "mark-part", '+'},
	{HalfClosed, "half-closed", "mark-half", '╴'},
	{Closed, "closed", "mark-closed", '┤'},
	{Refused, "refused", "mark-refused", '×'},
	{Reset, "reset", "mark-reset", '!'},
	{Unread, "unread in the socket", "mark-unread", '°'},
	{Lost, "no reply: lost, or late", "mark-lost", '?'},
}

// cut returns the part of s within the picture, and reports whether there is one.
func (p Picture) cut(s Span) (Span, bool) {
	if s.Open {
		s.To = p.To
	}
	s.From, s.To = max(s.From, p.From), min(s.To, p.To)
	return s, s.To > s.From || s.To == s.From && s.From > p.From && s.To < p.To
}

// used reports which kinds and events are in the picture, for its legend.
func (p Picture) used() (kinds, events map[int]bool) {
	kinds, events = map[int]bool{}, map[int]bool{}
	for _, panel := range p.Panels {
		for _, l := range panel.Lanes {
			for _, s := range l.Spans {
				if _, in := p.cut(s); in {
					kinds[int(s.Kind)] = true
				}
			}
			for _, m := range l.Marks {
				if m.At >= p.From && m.At <= p.To {
					events[int(m.Event)] = true
				}
			}
		}
	}
	return kinds, events
}
