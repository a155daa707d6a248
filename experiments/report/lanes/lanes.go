// Package lanes draws who waits for whom: time from left to right, a lane for each client, on it what
// became of the client and when. One picture serves the report's waterfall and `watch`; it is written
// as SVG and as text.
package lanes

import "time"

// Picture is some panels over one stretch of time.
type Picture struct {
	Title    string
	About    string        // what is to be seen, in words, for those who cannot see it
	From, To time.Duration // the stretch that is drawn; what lies outside is cut off
	Panels   []Panel
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
	Spans []Span // in rising order, not overlapping; where there is none, the client is not connected
	Marks []Mark
	End   string // how it ended, in a word or two, written behind the lane
	Bad   bool   // that end is not what the client came for
}

// Span is what the client was doing for a while.
type Span struct {
	Kind     Kind
	From, To time.Duration
	Open     bool   // it had not ended when the picture was made
	Label    string // written into it where there is room; "": the kind says enough
}

// Kind is what a span of time was spent on.
type Kind int

const (
	Connecting Kind = iota // connect was called and has not returned
	Backlog                // connected, and not yet accepted by the server
	Silent                 // connected; nothing asked, nothing owed
	Waiting                // asked, and the server has not turned to it
	Serving                // being answered
)

// Kinds lists what is known of each kind, in the order of the legend.
var Kinds = []struct {
	Kind  Kind
	Name  string
	Class string // of its shape in SVG
	Rune  rune   // of a cell in text
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
	Label string // shown to who points at it, and where there is room: "hello", "5 bytes unread"
}

// Event is what happened.
type Event int

const (
	Sent       Event = iota // a request left the client
	Answered                // its reply was complete
	HalfClosed              // the client has sent everything
	Closed                  // the connection ended in order
	Refused                 // connect failed
	Reset                   // the connection ended with a reset
	Unread                  // bytes lie in a socket and nobody reads them
)

// Events lists what is known of each event.
var Events = []struct {
	Event Event
	Name  string
	Class string
	Rune  rune
}{
	{Sent, "sent", "mark-sent", '>'},
	{Answered, "answered", "mark-answered", '✓'},
	{HalfClosed, "half-closed", "mark-half", '╴'},
	{Closed, "closed", "mark-closed", '┤'},
	{Refused, "refused", "mark-refused", '×'},
	{Reset, "reset", "mark-reset", '!'},
	{Unread, "unread in the socket", "mark-unread", '°'},
}

// cut returns s within the picture, and whether anything of it lies there.
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
