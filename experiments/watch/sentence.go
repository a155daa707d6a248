package watch

import (
	"fmt"
	"slices"
	"time"

	"socketbench/experiments/quote"
	"socketbench/experiments/unit"
	"socketbench/servers/upper"
)

// Sentence sums up a performance.
func Sentence(s Scene, perf Performance) string {
	server := quote.Text(perf.Server)
	if perf.Framing != upper.Raw {
		server += " (" + perf.Framing.String() + " framing)"
	}
	if perf.Unplayed != "" {
		return fmt.Sprintf("%s: the scene was not played: %s", server, quote.Text(perf.Unplayed))
	}
	if !Played(perf) {
		return fmt.Sprintf("%s: %s%s", server, NotPlayed(perf), why(perf))
	}
	answered, inVain := Outcome(s, perf)
	text := fmt.Sprintf("%s: %s", server, "nobody was answered")
	if len(answered) > 0 {
		text = fmt.Sprintf("%s: answered %s", server, unit.Series(answered))
	}
	longest := time.Duration(0)
	for i := range s.Clients {
		longest = max(longest, Wait(perf, i, s.Lasts+time.Second))
	}
	if longest >= tellingWait {
		text += fmt.Sprintf("; the longest wait was %s", Seconds(longest))
	}
	if slices.ContainsFunc(perf.Events, func(e Event) bool { return e.What == ServerGone }) {
		text += "; the server ended in the middle of the scene"
		if perf.Died != "" {
			text += " (" + perf.Died + ")"
		}
	}
	if len(inVain) > 0 {
		text += fmt.Sprintf("; %s waited in vain", unit.Series(inVain))
	}
	if pieces := s.pieces(perf); pieces != "" {
		text += "; " + pieces
	} else if !perf.ReadsKnown && s.AboutReads() {
		text += "; how often it reads is not known"
	}
	if overDatagrams(perf) {
		text += s.posted(perf)
	}
	text += faults(s, perf)
	if perf.Untold != "" {
		text += "; " + quote.Text(perf.Untold)
	}
	return text
}

// NotPlayed says that a scene has shown nothing of its server; "" if it has.
func NotPlayed(perf Performance) string {
	switch {
	case Played(perf):
		return ""
	case overDatagrams(perf):
		return "the scene was not played: no datagram found a server"
	}
	return "the scene was not played: no client got a connection"
}

// why returns the system's reason for the first refused connection, as the end of a sentence; "" if there is none.
func why(perf Performance) string {
	for _, e := range perf.Events {
		if e.What == Refused && e.Text != "" {
			return ": " + e.Text
		}
	}
	return ""
}

// faults names the clients for which something went wrong other than waiting, as the end of a sentence.
func faults(s Scene, perf Performance) (text string) {
	by := map[string][]string{}
	for i, c := range s.Clients {
		word, bad := Tell(perf, i, s.Lasts+time.Second)
		if bad {
			by[word] = append(by[word], c.Name)
		}
	}
	for _, fate := range []struct{ word, sentence string }{
		{wordWrong, "%s got a wrong reply"},
		{wordRefused, "%s got no connection"},
		{wordUnanswered, "the connection of %s was closed without an answer"},
		{wordReset, "the connection of %s was reset"},
		{wordCutOff, "the server cut off %s"},
	} {
		if clients := by[fate.word]; len(clients) > 0 {
			text += "; " + fmt.Sprintf(fate.sentence, unit.Series(clients))
		}
	}
	return text
}
