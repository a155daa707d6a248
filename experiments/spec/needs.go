package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"socketbench/experiments/unit"
	"socketbench/experiments/yamlfile"
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
	for _, e := range r.Entries(path, n) {
		r.Places[path+"."+e.Key] = e.At
		v, ok := r.Value(e.Value)
		if !ok {
			continue
		}
		if !slices.Contains(Resources, e.Key) {
			r.Fault(e.At, "no resource %q%s; allowed: %s", e.Key, suggest.DidYouMean(e.Key, Resources), strings.Join(Resources, ", "))
			continue
		}
		s, isText := v.(string)
		need, err := parseNeed(s)
		if !isText || err != nil {
			r.Fault(yamlfile.At(e.Value), "%s.%s wants a bound such as \">=2\"; %s is none", path, e.Key, show(v))
			continue
		}
		needs[e.Key] = need
	}
	return needs
}
