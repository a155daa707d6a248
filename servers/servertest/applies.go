package servertest

import (
	"fmt"
	"time"

	"socketbench/servers"
)

// crowdWait is the time that a design which visits its connections in turn may need for one round over all connections
// of a case. If a round would take longer, the case is skipped. Under the race detector a round takes many times as long.
var crowdWait = map[bool]time.Duration{false: 150 * time.Millisecond, true: 60 * time.Millisecond}[raceEnabled]

// spareFiles is how many descriptors a process needs besides those of its connections.
const spareFiles = 100

// fewConns is how many descriptors are reserved for a case that does not say how many connections it makes.
const fewConns = 60

// connFiles returns how many descriptors of this process the connections of c need: one for each client, and one for the
// server's end if the server is in this process.
func (r *runner) connFiles(c *Case) int {
	if r.target.Hooks {
		return 2 * c.Conns
	}
	return c.Conns
}

// beyondLimit says why a limit of this process prevents case c, whatever the server is; "" if none does.
func (r *runner) beyondLimit(c *Case) string {
	if files := r.connFiles(c) + spareFiles; mayOpen() > 0 && files > mayOpen() {
		return fmt.Sprintf("needs %d descriptors in one process, whose limit is %d; raise it with ulimit -n %d", files, mayOpen(), files)
	}
	return ""
}

// inapplicable says why a case does not apply to this server; "" if it applies.
func (r *runner) inapplicable(c *Case, cfg servers.Config) string {
	t, needs := r.target, c.Needs
	var traits servers.Traits
	if t.Traits != nil {
		traits = *t.Traits
	}
	capacity := traits.Capacity(cfg)
	files := r.connFiles(c) + spareFiles
	if r.single && c.Name != capacityCase {
		capacity = 1
	} else if n := int(r.serves.Load()); n > 0 && t.Traits == nil {
		capacity = n
	}
	switch {
	case needs&Stop != 0 && !t.Stops:
		return "check cannot tell it to drain"
	case needs&Configure != 0 && !t.Config:
		return "check cannot set its configuration"
	case needs&Hook != 0 && !t.Hooks && (t.Inside == nil || !t.Inside.Hooks):
		return "its handler is not in the process of check"
	case needs&Process != 0 && t.PID == 0 && t.Start == nil:
		return "its process id is not known"
	case needs&Process != 0 && !seesProcesses:
		return "processes cannot be examined on this platform"
	case needs&Child != 0 && t.Limits == nil:
		return "check cannot start it with lower limits"
	case needs&TCP != 0 && t.Network != "tcp":
		return "the rule is about tcp only"
	case needs&Heavy != 0 && (r.options.Quick || raceEnabled):
		return "left out of quick runs"
	case needs&Bounded != 0 && (capacity == 0 || t.Traits == nil):
		return "it does not bound its connections"
	case needs&Unbounded != 0 && capacity != 0:
		return fmt.Sprintf("it serves %d at a time", capacity)
	case needs&IdleLimit != 0 && !traits.IdleLimit:
		return "it does not close silent connections"
	case needs&Patient != 0 && traits.IdleLimit:
		return "it closes silent connections by design"
	case needs&MaxFD != 0 && traits.MaxFD == 0:
		return "it has no limit on descriptor numbers"
	case traits.PerConn*time.Duration(c.Conns) > crowdWait:
		return fmt.Sprintf("needs %d connections at once; each adds %v to the wait of all", c.Conns, traits.PerConn)
	case traits.MaxFD > 0 && t.Hooks && files > traits.MaxFD, traits.MaxFD > 0 && c.Conns+20 > traits.MaxFD:
		return fmt.Sprintf("needs %d connections at once; it cannot hold a descriptor number of %d or more", c.Conns, traits.MaxFD)
	case capacity > 0 && c.Conns > capacity:
		return fmt.Sprintf("needs %d connections at once; it serves %d at a time", c.Conns, capacity)
	}
	return ""
}
