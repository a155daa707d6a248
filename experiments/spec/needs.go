package spec

import (
	"fmt"
	"strings"

	"socketbench/experiments/unit"
)

// Resources are what an experiment or a prediction may need of the machine.
var Resources = []string{"server_cpus", "client_cpus", "cpus", "nofile"}

// Needs are bounds on resources of the machine, by the names of [Resources].
type Needs map[string]Need

// Need is one bound, such as ">=2".
type Need struct {
	Text string // as written
	Expectation
}

func (n Need) String() string { return n.Text }

// parseNeed reads a bound on a resource of the machine.
func parseNeed(s string) (Need, error) {
	for _, op := range []string{">=", "<=", "==", ">", "<"} {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(s), op); ok {
			value, err := unit.Decimal(strings.TrimSpace(rest))
			return Need{s, Expectation{Op: op, Value: value}}, err
		}
	}
	return Need{}, fmt.Errorf("%q does not begin with one of >= <= == > <", s)
}
