package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"socketbench/experiments/unit"
	"socketbench/servers/suggest"
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

// needs reads a block of bounds.
func (r *reader) needs(path string, n ast.Node) Needs {
	needs := Needs{}
	for _, e := range r.entries(path, n) {
		r.at[path+"."+e.key] = e.at
		v, ok := r.value(e.value)
		if !ok {
			continue
		}
		if !slices.Contains(Resources, e.key) {
			r.fault(e.at, "no resource %q%s; allowed: %s", e.key, suggest.DidYouMean(e.key, Resources), strings.Join(Resources, ", "))
			continue
		}
		s, isText := v.(string)
		need, err := parseNeed(s)
		if !isText || err != nil {
			r.fault(nodeAt(e.value), "%s.%s wants a bound such as \">=2\"; %s is none", path, e.key, show(v))
			continue
		}
		needs[e.key] = need
	}
	return needs
}
