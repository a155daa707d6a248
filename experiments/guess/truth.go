package guess

import (
	"fmt"
	"time"

	"socketbench/experiments/unit"
	"socketbench/experiments/watch"
	"socketbench/servers"
	"socketbench/servers/upper"
)

// tellingDelay is the least delay that makes an answer late. Less than that can be the machine's own jitter.
const tellingDelay = 3 * watch.Grain

// Truth is what was seen of one client.
type Truth struct {
	Answer Answer `json:"answer"` // 0: it cannot be told
	Why    string `json:"why"`    // what was seen, or why it cannot be told: a clause without its subject
}

// Truth derives the right answer from what was seen, so that a server which does otherwise than the scene says is marked by
// what it did.
func (k Kind) Truth(s watch.Scene, perf watch.Performance, client int) Truth {
	if not := watch.NotPlayed(perf); not != "" {
		return Truth{Why: not}
	}
	return k.truth(s.Under(perf.Framing), perf, client)
}

// when compares the moment at which a client was answered with the moment at which it would have been if it were alone.
func when(s watch.Scene, perf watch.Performance, client int) Truth {
	if _, bad := watch.Tell(perf, client, s.Lasts+time.Second); bad {
		return Truth{Never, fate(perf, client)}
	}
	waits := waitsOf(s, perf, client)
	if len(waits) == 0 {
		return Truth{Why: "nothing was decided before the scene ended"}
	}
	worst := waits[0]
	for _, w := range waits {
		if w.delay() > worst.delay() {
			worst = w
		}
	}
	after := "was answered " + watch.Seconds(worst.answered-worst.asked) + " after it asked"
	if worst.answered-worst.asked < watch.Grain {
		after = "was answered within " + watch.Seconds(watch.Grain)
	}
	if worst.delay() < tellingDelay {
		if alone := worst.alone - worst.asked; alone >= tellingDelay {
			return Truth{AtOnce, after + ", as if it were the only client"}
		}
		return Truth{AtOnce, after}
	}
	if worst.alone == worst.asked {
		return Truth{Late, after + "; alone it would have been answered at once"}
	}
	return Truth{Late, fmt.Sprintf("%s; alone it would have been %s", after, watch.Seconds(worst.alone-worst.asked))}
}

// wait is the time from a client's question to its answer, on the clock of the scene.
type wait struct{ asked, alone, answered time.Duration }

func (w wait) delay() time.Duration { return w.answered - w.alone }

// waitsOf lists a client's waits that ended with an answer. alone is when the answer would have been there for the client if the
// server had had nobody else: it works through the requests in the order in which they were sent, and the client takes the reply
// when it reads. Times are cut to the grain of a picture, as in the picture.
func waitsOf(s watch.Scene, perf watch.Performance, client int) (waits []wait) {
	var now wait
	asked := false
	for _, e := range perf.Events {
		if e.Client != client {
			continue
		}
		switch at := e.At.Truncate(watch.Grain); e.What {
		case watch.Sent:
			if !asked {
				now, asked = wait{asked: at}, true
			}
			now.alone = max(now.alone, at) + time.Duration(requests(s, e.Bytes))*s.Config.Protocol.Work.Wait
		case watch.Reading:
			now.alone = max(now.alone, at)
		case watch.Answered:
			if asked {
				now.answered = at
				waits, asked = append(waits, now), false
			}
		}
	}
	return waits
}

// requests is how many requests a send becomes: with the raw framing, one for each read that it takes. A datagram is one.
func requests(s watch.Scene, bytes int) int {
	if s.Datagrams() || s.Config.Protocol.Framing != upper.Raw {
		return 1
	}
	size := readSize(s)
	return max((bytes+size-1)/size, 1)
}

// readSize is the largest number of bytes that one read returns.
func readSize(s watch.Scene) int {
	if s.Config.ReadSize > 0 {
		return s.Config.ReadSize
	}
	return servers.Config{}.WithDefaults().ReadSize
}

// fate says what ended a client's wait for something that did not come.
func fate(perf watch.Performance, client int) string {
	switch l, _ := watch.LettersOf(perf, client); {
	case l.Lost > 0:
		return fmt.Sprintf("got no reply to %d of its %s", l.Lost, unit.Many(l.Sent, "datagram"))
	case l.Of > 0:
		return fmt.Sprintf("got %d of the %s back that it had sent", l.Back, unit.Many(l.Of, "byte"))
	}
	since, owed := time.Duration(-1), 0
	for _, e := range perf.Events {
		if e.Client != client {
			continue
		}
		switch at := e.At.Truncate(watch.Grain); e.What {
		case watch.Connecting, watch.Sent, watch.Reading:
			if since < 0 {
				since = at
			}
			if e.What == watch.Sent {
				owed += e.Bytes
			}
		case watch.Received:
			owed -= e.Bytes
		case watch.Connected, watch.Answered:
			since = -1
		case watch.InVain:
			return "waited in vain for " + watch.Seconds(at-max(since, 0)) + ", until the scene ended"
		case watch.Refused:
			if _, over := watch.LettersOf(perf, client); over {
				return "got no answer: no program used the port"
			}
			return "got no connection"
		case watch.Wrong:
			return "got a wrong reply"
		case watch.Reset:
			if e.Text != "" { // not the client's own
				return "got no answer: the connection was reset"
			}
		case watch.Ended:
			if owed > 0 {
				return "got no answer: the server closed the connection"
			}
			return "was cut off by the server"
		case watch.ServerGone:
			return "got no answer: the server ended"
		}
	}
	return "got no answer"
}

// reads compares how often the server read with how often the client sent.
func reads(s watch.Scene, perf watch.Performance, client int) Truth {
	if !perf.ReadsKnown {
		return Truth{Why: "cannot be told: how often this server reads is not known"}
	}
	sends, taken, noun := s.SendsAndReads(perf, client)
	if sends == 0 {
		return Truth{Why: "sent nothing before the scene ended"}
	}
	why := unit.Many(sends, "send") + " became " + unit.Many(taken, noun)
	switch {
	case taken < sends:
		return Truth{Fewer, why}
	case taken > sends:
		return Truth{More, why}
	}
	return Truth{AsMany, why}
}
