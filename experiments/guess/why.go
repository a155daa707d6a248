package guess

import (
	"fmt"
	"strings"

	"socketbench/experiments/unit"
	"socketbench/experiments/watch"
	"socketbench/servers"
)

// why says in one sentence what it is in a design that decides a scene, by the condition of what must be seen.
var why = map[string]func(name string, t servers.Traits, s watch.Scene) string{
	"framed": func(name string, _ servers.Traits, _ watch.Scene) string {
		return "a framing marks where a message ends, however often " + name + " reads"
	},
	"limit": func(name string, _ servers.Traits, s watch.Scene) string {
		if s.Config.IdleTimeout > 0 {
			return fmt.Sprintf("%s closes a connection that is silent for %s", name, seconds(s.Config.IdleTimeout))
		}
		return name + " closes a connection that is silent for too long"
	},
	"loop": func(name string, _ servers.Traits, _ watch.Scene) string {
		return name + " has one loop, and a handler that waits stops it for every client"
	},
	"loops": func(name string, _ servers.Traits, _ watch.Scene) string {
		return name + " has several loops, and a handler that waits stops the clients of its own loop"
	},
	"ahead": func(name string, _ servers.Traits, _ watch.Scene) string {
		return name + " reads on before it has answered"
	},
}

// Why says what it is in a design that decides how its clients fare, and whether it did what the scene says of such a design.
// It is "" of a server that is not in the registry: nothing is known of it.
func Why(s watch.Scene, perf watch.Performance, t servers.Traits) string {
	s = s.Under(perf.Framing)
	seen, ok := s.Expect(t)
	text := capacity(perf.Server, t, s)
	if by := why[seen.If]; ok && by != nil {
		text = by(perf.Server, t, s)
	}
	if missed := s.Check(seen, perf); ok && watch.Played(perf) && len(missed) > 0 {
		text += "; this play went otherwise than the scene says (" + strings.Join(missed, "; ") + "), and the marks go by what was seen"
	}
	return text
}

// capacity says how many clients a design serves at the same time.
func capacity(name string, t servers.Traits, s watch.Scene) string {
	n, clients := t.Capacity(s.Config.Config), len(s.Clients)
	switch {
	case n == 1:
		return name + " serves one connection at a time"
	case n > 0 && n < clients:
		return fmt.Sprintf("%s serves %d connections at the same time, and there are %s", name, n, unit.Many(clients, "client"))
	case clients == 1:
		return name + " serves its client at once"
	}
	return fmt.Sprintf("%s serves all %d connections at the same time", name, clients)
}
