package watch

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"socketbench/experiments/report/lanes"
	"socketbench/experiments/unit"
)

// post is what became of a client's datagrams until a moment.
type post struct {
	sent map[int]int // bytes of each datagram, by its number
	came []reply     // in the order in which they came
	lost []int       // numbers of those for which the client waits no more
	fate What        // what ended the client's part: Wrong, Refused, Ended, InVain, ServerGone; "": nothing has
}

type reply struct{ number, bytes int }

// overDatagrams reports whether a performance was one of datagrams.
func overDatagrams(perf Performance) bool {
	return slices.ContainsFunc(perf.Events, func(e Event) bool { return e.Number > 0 && e.What == Sent })
}

func postOf(perf Performance, index int, until time.Duration) post {
	p := post{sent: map[int]int{}}
	for _, e := range perf.Events {
		if e.Client != index || e.At > until {
			continue
		}
		switch e.What {
		case Sent:
			p.sent[e.Number] = e.Bytes
		case Received:
			p.came = append(p.came, reply{e.Number, e.Bytes})
			p.lost = slices.DeleteFunc(p.lost, func(n int) bool { return n == e.Number })
		case Lost:
			p.lost = append(p.lost, e.Number)
		case Wrong, Refused, Ended, InVain, ServerGone:
			p.fate = e.What
		}
	}
	return p
}

// cut is the first reply that is shorter than its datagram; ok is false if none is.
func (p post) cut() (r reply, ok bool) {
	i := slices.IndexFunc(p.came, func(r reply) bool { return r.bytes < p.sent[r.number] })
	if i < 0 {
		return reply{}, false
	}
	return p.came[i], true
}

// Letters is what became of a client's datagrams.
type Letters struct {
	Sent, Lost int // Lost: the client waits no more for their replies
	Back, Of   int // bytes of the first reply that is shorter than its datagram, and of that; 0, 0: none is
}

// LettersOf counts the datagrams of a client; ok is false over connections.
func LettersOf(perf Performance, client int) (l Letters, ok bool) {
	if !overDatagrams(perf) {
		return l, false
	}
	p := postOf(perf, client, math.MaxInt64)
	l = Letters{Sent: len(p.sent), Lost: len(p.lost)}
	if r, cut := p.cut(); cut {
		l.Back, l.Of = r.bytes, p.sent[r.number]
	}
	return l, true
}

// inOrder reports whether the replies came in the order of their datagrams.
func (p post) inOrder() bool {
	return slices.IsSortedFunc(p.came, func(a, b reply) int { return a.number - b.number })
}

// word says how the client fared, and whether it got less than it asked for.
func (p post) word() (word string, bad bool) {
	_, cut := p.cut()
	switch {
	case p.fate == Wrong:
		return wordWrong, true
	case p.fate == Refused:
		return wordRefused, true
	case p.fate == Ended:
		return wordCutOff, true
	case p.fate == InVain:
		return "waits in vain", true
	case p.fate == ServerGone:
		return "server gone", true
	case len(p.lost) > 0:
		return fmt.Sprintf("%d of %d lost", len(p.lost), len(p.sent)), true
	case len(p.sent) == 0:
		return "-", false
	case len(p.came) < len(p.sent):
		return fmt.Sprintf("%d of %d back", len(p.came), len(p.sent)), false
	case cut:
		return "answered, cut", true
	case !p.inOrder():
		return "answered, reordered", false
	}
	return "answered", false
}

// dropped is how many datagrams the system dropped at the server's socket until a moment. known is false if it does not say.
func dropped(perf Performance, until time.Duration) (n int, known bool) {
	for _, e := range perf.Events {
		if e.What == Dropped && e.At <= until {
			n, known = e.Number, true
		}
	}
	return n, known
}

// posted says what became of the datagrams that are not simply answered, as the end of a sentence. A client cannot know what
// was lost; where the system counts what it dropped, this is said, too.
func (s Scene) posted(perf Performance) (text string) {
	missing := 0
	for i, c := range s.Clients {
		p := postOf(perf, i, s.Lasts+time.Second)
		if lost := len(p.lost); lost > 0 {
			missing += lost
			text += fmt.Sprintf("; %d of the %s of %s got no reply (%s)", lost, count(len(p.sent), "datagram"), c.Name, numbers(p.lost))
		}
		if r, cut := p.cut(); cut {
			text += fmt.Sprintf("; the reply to %s has %d of %d bytes", c.Name, r.bytes, p.sent[r.number])
		}
		if !p.inOrder() {
			var order []string
			for _, r := range p.came {
				order = append(order, fmt.Sprint(r.number))
			}
			text += fmt.Sprintf("; %s got the replies in another order: %s", c.Name, strings.Join(order, ", "))
		}
	}
	switch n, known := dropped(perf, s.Lasts+time.Second); {
	case n > 0:
		text += fmt.Sprintf("; the server's socket was full, and its system dropped %d", n)
	case missing == 0:
	case known:
		text += "; the system dropped none at the server's socket, so they wait there, or the server is slow or sent no reply"
	default:
		text += "; whether they or their replies were lost, or are only late, a client cannot know"
	}
	return text
}

// numbers writes numbers of datagrams: "3 and 6 to 9".
func numbers(list []int) string {
	list = slices.Sorted(slices.Values(list))
	var parts []string
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		switch {
		case j > i+1:
			parts = append(parts, fmt.Sprintf("%d to %d", list[i], list[j]))
		case j == i+1:
			parts = append(parts, fmt.Sprint(list[i]), fmt.Sprint(list[j]))
		default:
			parts = append(parts, fmt.Sprint(list[i]))
		}
		i = j + 1
	}
	return unit.Series(parts)
}

// datagramLane draws one client of datagrams: it waits while a reply is due, and there is nothing between.
func datagramLane(s Scene, index int, name string, perf Performance, until time.Duration) (l lanes.Lane) {
	l.Name = name
	owed, from := map[int]bool{}, time.Duration(0)
	extend := func(at time.Duration) {
		if n := len(l.Spans); len(owed) > 0 && at > from {
			if n > 0 && l.Spans[n-1].To == from {
				l.Spans[n-1].To = at
			} else {
				l.Spans = append(l.Spans, lanes.Span{Kind: lanes.Waiting, From: from, To: at})
			}
		}
		from = at
	}
	sent := map[int]int{}
	for _, e := range perf.Events {
		if e.Client != index || e.At > until {
			continue
		}
		at := min(e.At.Truncate(Grain), s.Lasts)
		extend(at)
		mark := func(event lanes.Event, label string) {
			l.Marks = append(l.Marks, lanes.Mark{Event: event, At: at, Label: label})
		}
		switch e.What {
		case Sent:
			owed[e.Number], sent[e.Number] = true, e.Bytes
			mark(lanes.Sent, fmt.Sprintf("%q", e.Text))
		case Received:
			delete(owed, e.Number)
			label := fmt.Sprintf("%q", e.Text)
			if e.Bytes < sent[e.Number] {
				label += fmt.Sprintf(", %d of %d bytes", e.Bytes, sent[e.Number])
			}
			mark(lanes.Answered, label)
		case Lost:
			delete(owed, e.Number)
			if n := len(l.Marks); n == 0 || l.Marks[n-1].Event != lanes.Lost || l.Marks[n-1].At != at {
				mark(lanes.Lost, fmt.Sprintf("datagram %d", e.Number))
			} else {
				l.Marks[n-1].Label += fmt.Sprintf(", %d", e.Number)
			}
		case Refused:
			clear(owed)
			mark(lanes.Refused, e.Text)
		case Closed, Wrong, Ended, ServerGone:
			clear(owed)
		}
	}
	extend(min(until.Truncate(Grain), s.Lasts))
	l.End, l.Bad = ending(perf, index, until)
	return l
}

// unposted says which expectations of datagrams a performance did not show.
func (s Scene) unposted(seen Seen, perf Performance) (missed []string) {
	for i, c := range s.Clients {
		p := postOf(perf, i, s.Lasts+time.Second)
		if _, cut := p.cut(); slices.Contains(seen.Cut, c.Name) != cut && overDatagrams(perf) {
			missed = append(missed, c.Name+map[bool]string{true: " gets a cut reply", false: " gets no cut reply"}[cut])
		}
		if slices.Contains(seen.Lost, c.Name) && len(p.lost) == 0 {
			missed = append(missed, c.Name+" loses no datagram")
		}
		if slices.Contains(seen.InOrder, c.Name) && !p.inOrder() {
			missed = append(missed, c.Name+" gets its replies in another order")
		}
	}
	return missed
}
