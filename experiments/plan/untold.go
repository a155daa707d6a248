package plan

import (
	"fmt"
	"slices"

	"socketbench/experiments/spec"
	"socketbench/servers"
	"socketbench/servers/config"
)

// untold says why a server that is a command cannot be asked with the settings of a cell; "" if it can, or is no
// command. What a request is and what it costs it must be told, or it does other work than the rest. A pool's size
// or a timeout is of those who have a pool or a timeout, so a server that is not told one is run as it is, which
// Plan.Untold says; where that setting is varied, though, its cells would differ by nothing but their name.
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
