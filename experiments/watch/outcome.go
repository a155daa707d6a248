package watch

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"socketbench/experiments/unit"
	"socketbench/servers/upper"
)

// exchanged counts a client's sends and the pieces in which their replies came, as far as the times of these differ.
// What the server read at once cannot be seen from here.
func exchanged(perf Performance, index int, until time.Duration) (sends, replies int) {
	var last time.Duration
	for _, e := range perf.Events {
		switch {
		case e.Client != index || e.At > until:
		case e.What == Sent:
			sends, last = sends+1, 0
		case e.What == Received:
			if last == 0 || e.At-last > Grain {
				replies++
			}
			last = e.At
		}
	}
	return sends, replies
}

// Words for a client that fared badly.
const (
	wordRefused    = "refused"
	wordWrong      = "wrong reply"
	wordUnanswered = "closed, no answer"
	wordReset      = "reset"
	wordCutOff     = "cut off"
)

// Tell says in a word or two how a client fared until a moment, and whether it got less than it asked for.
func Tell(perf Performance, index int, until time.Duration) (word string, bad bool) {
	if overDatagrams(perf) {
		return postOf(perf, index, until).word()
	}
	owed, half := 0, false
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
			owed += e.Bytes
			word = "waits"
		case Reading:
			if word == "silent" {
				word = "waits"
			}
		case Received:
			owed -= e.Bytes
		case Answered:
			word = "answered"
			sends, replies := exchanged(perf, index, e.At)
			if reads := len(readBy(perf, index, e.At)); perf.ReadsKnown && reads != sends && perf.Framing == upper.Raw {
				word = fmt.Sprintf("%s, %s", count(sends, "send"), count(reads, "read"))
			} else if !perf.ReadsKnown && sends != replies {
				word = fmt.Sprintf("%s, back in %s", count(sends, "send"), count(replies, "piece"))
			}
		case Refused:
			return wordRefused, true
		case Wrong:
			return wordWrong, true
		case Ended:
			if owed > 0 {
				return wordUnanswered, true
			}
			if !half {
				return wordCutOff, true
			}
		case HalfClosed:
			half = true
		case Reset:
			if e.Text != "" { // not the client's own
				return wordReset, true
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

// tellingWait is the shortest wait that is mentioned.
const tellingWait = 2 * Grain

// Wait is the longest time that a client was owed something until it was answered, in steps of the grain.
func Wait(perf Performance, index int, until time.Duration) (longest time.Duration) {
	since := time.Duration(-1)
	for _, e := range perf.Events {
		if e.Client != index || e.At > until {
			continue
		}
		switch at := e.At.Truncate(Grain); {
		case e.What == Sent && (e.Bytes > 0 || e.Number > 0) && since < 0:
			since = at
		case e.What == Answered && since >= 0:
			longest, since = max(longest, at-since), -1
		}
	}
	return longest
}

// Seconds writes a time as a person says it: "0.3 s".
func Seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + " s" }

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
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

// Check says which of a scene's expectations a performance did not show, one line for each.
func (s Scene) Check(seen Seen, perf Performance) (missed []string) {
	answered, inVain := Outcome(s, perf)
	miss := func(client, what string) { missed = append(missed, client+" "+what) }
	for _, client := range seen.Answered {
		if !slices.Contains(answered, client) {
			miss(client, "is not answered")
		}
	}
	for i, c := range s.Clients {
		if slices.Contains(seen.InVain, c.Name) != slices.Contains(inVain, c.Name) {
			miss(c.Name, map[bool]string{true: "waits in vain", false: "does not wait in vain"}[slices.Contains(inVain, c.Name)])
		}
		sends, pieces := exchanged(perf, i, s.Lasts+time.Second)
		noun := "piece"
		if perf.ReadsKnown {
			_, pieces, noun = s.SendsAndReads(perf, i)
		}
		if slices.Contains(seen.Joined, c.Name) && pieces >= sends || slices.Contains(seen.Split, c.Name) && pieces <= sends ||
			perf.ReadsKnown && slices.Contains(seen.Whole, c.Name) && pieces != sends {
			miss(c.Name, fmt.Sprintf("has %s and %s", count(sends, "send"), count(pieces, noun)))
		}
	}
	missed = append(missed, s.unposted(seen, perf)...)
	for i, c := range s.Clients {
		if slices.Contains(seen.CutOff, c.Name) && !cutOff(perf, i) {
			miss(c.Name, "is not cut off")
		}
	}
	for _, group := range []struct {
		clients []string
		inTurn  bool
	}{{seen.InTurn, true}, {seen.Together, false}} {
		if len(group.clients) > 0 && s.inTurn(group.clients, perf) != group.inTurn {
			miss(unit.Series(group.clients), map[bool]string{true: "do not wait in turn", false: "wait in turn"}[group.inTurn])
		}
	}
	return missed
}

// cutOff reports whether the server ended the connection of a client that had not said that it was done.
func cutOff(perf Performance, index int) bool {
	for _, e := range perf.Events {
		switch {
		case e.Client != index:
		case e.What == HalfClosed, e.What == Closed:
			return false
		case e.What == Ended, e.What == Reset && e.Text != "":
			return true
		}
	}
	return false
}

// inTurn reports whether the time between these clients' first question and their last answer was long enough for the
// server to wait for one after the other. If it was shorter, the waits overlapped: a wait never takes less time than
// the server was told.
func (s Scene) inTurn(clients []string, perf Performance) bool {
	first, last := s.Lasts, time.Duration(0)
	for _, e := range perf.Events {
		switch {
		case e.Client < 0 || !slices.Contains(clients, s.Clients[e.Client].Name):
		case e.What == Sent:
			first = min(first, e.At)
		case e.What == Answered:
			last = max(last, e.At)
		}
	}
	return last-first >= time.Duration(len(clients))*s.Config.Protocol.Work.Wait
}

// Played reports whether anybody got a connection or, over datagrams, somebody sent to a port that a server uses: without it
// a scene shows nothing of its server.
func Played(perf Performance) bool {
	if overDatagrams(perf) {
		return !slices.ContainsFunc(perf.Events, func(e Event) bool { return e.What == Refused }) ||
			slices.ContainsFunc(perf.Events, func(e Event) bool { return e.What == Received })
	}
	return slices.ContainsFunc(perf.Events, func(e Event) bool { return e.What == Connected })
}

// Shown sorts what the scene is about by whether the performances showed it. It is about the outcomes that a contrast marks or,
// where none is marked, about all that is to be seen. Those with the same words are one half, and one of them is enough. Which
// server showed it does not matter. The words of a scene without halves are "".
func (s Scene) Shown(all []Performance) (shown, missing []string) {
	about := slices.DeleteFunc(slices.Clone(s.See), func(seen Seen) bool { return !seen.Contrast })
	if len(about) == 0 {
		about = slices.Clone(s.See)
		for i := range about {
			about[i].Half = ""
		}
	}
	for _, outcome := range about {
		if slices.ContainsFunc(all, func(p Performance) bool { return s.shows(outcome, p) }) && !slices.Contains(shown, outcome.Half) {
			shown = append(shown, outcome.Half)
		}
	}
	for _, outcome := range about {
		if !slices.Contains(shown, outcome.Half) && !slices.Contains(missing, outcome.Half) {
			missing = append(missing, outcome.Half)
		}
	}
	return shown, missing
}

// shows reports whether a performance showed an outcome.
func (s Scene) shows(outcome Seen, p Performance) bool {
	framed := p.Framing != upper.Raw
	return Played(p) && (outcome.If != "framed" || framed) && len(s.Under(p.Framing).Check(outcome, p)) == 0
}
