package cmd

import (
	"fmt"
	"strings"

	"socketbench/experiments"
	"socketbench/experiments/quote"
	"socketbench/experiments/unit"
)

// stepText says how far the agents of a trial are, and who is waited for.
func stepText(e experiments.Step) string {
	done, clients := 0, 0
	var waiting []string
	for _, a := range e.Agents {
		if !a.Done {
			waiting = append(waiting, a.Name)
			continue
		}
		done++
		clients += a.Clients
	}
	text := fmt.Sprintf("%s: %d of %s", e.Doing, done, unit.Many(len(e.Agents), "agent"))
	if e.Doing == "connecting" && clients > 0 {
		text += fmt.Sprintf(", %s", unit.Many(clients, "client"))
	}
	if n := len(waiting); n > mostWaiting {
		waiting = append(waiting[:mostWaiting], fmt.Sprintf("%d more", n-mostWaiting))
	}
	if len(waiting) > 0 {
		text += ", waiting for " + strings.Join(waiting, ", ")
	}
	return text
}

// mostWaiting is how many of the agents that are waited for are named.
const mostWaiting = 3

// windowText says how far a window is of which nothing is told before it is over.
func windowText(e experiments.InWindow) string {
	if e.Elapsed < 0 {
		return "warming up"
	}
	return fmt.Sprintf("%.1f of %.1f s measured; the agents are silent until then", e.Elapsed.Seconds(), e.Of.Seconds())
}

// lostLine says that an agent was lost.
func lostLine(e experiments.Lost) string {
	return fmt.Sprintf("agent %s is lost (%s); trial %d is carried out again", e.Agent, quote.Error(e.Err), e.Trial.Order+1)
}
