package guess

import (
	"fmt"
	"strings"

	"socketbench/experiments/unit"
	"socketbench/experiments/watch"
	"socketbench/servers"
)

// why says in one sentence what it is in a design that decides a scene, by the condition of what must be seen.
var why = map[string]func(s watch.Scene) string{
	"framed": func(watch.Scene) string {
		return "a framing marks where a message ends, however often it reads"
	},
	"limit": func(s watch.Scene) string {
		if s.Config.IdleTimeout > 0 {
			return "it closes a connection that is silent for " + watch.Seconds(s.Config.IdleTimeout)
		}
		return "it closes a connection that is silent for too long"
	},
	"loop": func(watch.Scene) string {
		return "it has one loop, and a handler that waits stops it for every client"
	},
	"loops": func(watch.Scene) string {
		return "it has several loops, and a handler that waits stops the clients of its own loop"
	},
	"ahead": func(watch.Scene) string {
		return "it reads on before it has answered"
	},
}

// Why says what it is in a design that decides how its clients fare, and whether it did what the scene says of such a design: a
// clause whose subject is "it".
func Why(s watch.Scene, perf watch.Performance, t servers.Traits) string {
	s = s.Under(perf.Framing)
	seen, ok := s.Expect(t)
	text := capacity(t, s)
	if by := why[seen.If]; ok && by != nil {
		text = by(s)
	}
	if missed := s.Check(seen, perf); ok && watch.Played(perf) && len(missed) > 0 {
		text += "; this play went otherwise than the scene says (" + strings.Join(missed, "; ") + "), and the marks go by what was seen"
	}
	return text
}

// capacity says how many clients a design serves at the same time.
func capacity(t servers.Traits, s watch.Scene) string {
	n, clients := t.Capacity(s.Config.Config), len(s.Clients)
	switch {
	case s.AboutReads():
		return "one read returns what has come by then, at most " + unit.Many(readSize(s), "byte")
	case s.Datagrams() && n == 1:
		return "it answers one datagram at a time"
	case s.Datagrams():
		return "it answers several datagrams at the same time"
	case n == 1:
		return "it serves one connection at a time"
	case n > 0 && n < clients:
		return fmt.Sprintf("it serves %d connections at the same time, and there are %s", n, unit.Many(clients, "client"))
	case clients == 1:
		return "it serves its client at once"
	}
	if clients == 2 {
		return "it serves both connections at the same time"
	}
	return fmt.Sprintf("it serves all %d connections at the same time", clients)
}
