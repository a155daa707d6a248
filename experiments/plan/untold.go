package plan

import (
	"fmt"
	"slices"

	"socketbench/experiments/spec"
	"socketbench/servers"
	"socketbench/servers/config"
	"socketbench/servers/upper"
)

// untold says why a server that is a command cannot be asked with the settings of a cell; "" if it can, or if it is no
// command. Every server must be told what a request is and costs, because otherwise it does other work than the rest.
// The size of a pool or a timeout matters only to servers that have one, so a server that is not told it runs as it
// is, and Plan.Untold says so. If such a setting is varied, the cells of that server would differ in name only.
func (p *Plan) untold(server string, e servers.Entry, c spec.Experiment, where map[string]any) (why string) {
	command, own := c.Commands.Of(server)
	who := command // the user who typed it can add a placeholder
	if !own {
		if e.Launch == nil {
			return ""
		}
		command, who = e.Command, server
	}
	if c.Transport == "unix" {
		return "a command listens on a TCP port and cannot be told a unix socket"
	}
	if only := e.Traits.Framing; only == c.Config.Protocol.Framing {
		c.Config.Protocol.Framing = upper.Raw // it need not be told
	} else if only != upper.Raw {
		return fmt.Sprintf("%s speaks only the framing %v; put framing: %v into config", who, only, only)
	}
	must, rest := spec.Untold(command, c.Config)
	var may []config.Knob
	for _, k := range rest {
		if _, varied := where["config."+k.Name]; varied {
			must = append(must, k)
		} else {
			may = append(may, k)
		}
	}
	if len(must) > 0 {
		return spec.NotTold(who, must, c.Config)
	}
	if len(may) > 0 {
		s := fmt.Sprintf("%s with %s: it is not told", server, spec.Tell(may, c.Config))
		if !slices.Contains(p.Untold, s) {
			p.Untold = append(p.Untold, s)
		}
	}
	return ""
}
