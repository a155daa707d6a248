package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"socketbench/experiments/quote"
	"socketbench/experiments/report/palette"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// A design is one of the compared servers.
type design struct {
	Name   string
	Label  string // the name as a table shows it: no two look the same
	Class  string // CSS class, "s0"
	Family string // colour
	Dash   string
	Mark   int // shape of its marks
	Idea   string
	Entry  servers.Entry // zero for a server that is not registered
	Shown  bool          // line charts show it at first
}

// mostShown is how many lines a reader can follow at once.
const mostShown = 6

// A condition is one combination of the varied fields.
type condition struct {
	Key   string
	Cell  result.Cell // without the server
	Label string      // "beside 8 silent clients"; with a utilization also what it came to: "utilization 0.5, 91,000/s"
}

// of returns the experiment as it is configured under the condition, or the zero experiment where it has no such condition.
func (c condition) of(e spec.Experiment) spec.Experiment {
	for varied, cell := range e.Conditions {
		if result.Cell(varied).Key() == c.Key {
			return cell
		}
	}
	return spec.Experiment{}
}

// grid holds the cells of a run, by design and condition.
type grid struct {
	designs    []design
	conditions []condition
	cells      map[[2]string]verdict.Cell // by server and condition key
}

// newGrid orders the cells. Designs stand in the order of the registry. Servers that are not registered follow in the
// order of the run.
func newGrid(cells []verdict.Cell, registry servers.Registry) grid {
	g := grid{cells: make(map[[2]string]verdict.Cell, len(cells))}
	rank := make(map[string]int, len(registry))
	for i, e := range registry {
		rank[e.Name] = i - len(registry)
	}
	seenServer, seenCondition := map[string]bool{}, map[string]bool{}
	// A load that is the same under all conditions is said once, with what the baseline carries.
	differ := slices.ContainsFunc(cells, func(c verdict.Cell) bool { return c.InForce != cells[0].InForce })
	for _, c := range cells {
		name, rest := c.ID.Server(), c.ID.Without("server")
		key := rest.Key()
		g.cells[[2]string{name, key}] = c
		if !seenServer[name] {
			seenServer[name] = true
			g.designs = append(g.designs, design{Name: name})
		}
		if !seenCondition[key] {
			seenCondition[key] = true
			label := verdict.Condition(rest)
			if label != "" && c.InForce != "" && differ {
				label += ", " + c.InForce
			}
			g.conditions = append(g.conditions, condition{Key: key, Cell: rest, Label: label})
		}
	}
	slices.SortStableFunc(g.designs, func(a, b design) int { return cmp.Compare(rank[a.Name], rank[b.Name]) })
	labels := quote.Apart(slices.Collect(maps.Keys(seenServer)))
	members := map[string]int{}
	for i := range g.designs {
		d := &g.designs[i]
		d.Label = labels[d.Name]
		if e, err := registry.Lookup(d.Name); err == nil {
			d.Entry, d.Idea = e, e.Idea
		}
		d.Class, d.Mark, d.Family = fmt.Sprintf("s%d", i), i, palette.Family(d.Entry.Family)
		d.Dash = palette.Dash(members[d.Family])
		members[d.Family]++
	}
	g.show(mostShown)
	return g
}

// show chooses the lines that are shown at first: the first design of each family, then the others, in order.
func (g grid) show(most int) {
	left := most
	seen := map[string]bool{}
	for i := range g.designs {
		if d := &g.designs[i]; left > 0 && !seen[d.Family] {
			d.Shown, seen[d.Family] = true, true
			left--
		}
	}
	for i := range g.designs {
		if d := &g.designs[i]; left > 0 && !d.Shown {
			d.Shown = true
			left--
		}
	}
}

func same(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) }

func (g grid) at(d design, c condition) (verdict.Cell, bool) {
	v, ok := g.cells[[2]string{d.Name, c.Key}]
	return v, ok
}

// metric returns a figure of a cell. It reports false where the cell has none, or too few samples for it.
func (g grid) metric(d design, c condition, name string) (verdict.Summary, bool) {
	v, ok := g.at(d, c)
	if !ok {
		return verdict.Summary{}, false
	}
	s, ok := v.Metrics[name]
	return s, ok && !s.TooFew
}

// has reports whether any cell has the metric, from enough samples.
func (g grid) has(name string) bool {
	for _, c := range g.cells {
		if s, ok := c.Metrics[name]; ok && !s.TooFew {
			return true
		}
	}
	return false
}

func (g grid) design(name string) (design, bool) {
	for _, d := range g.designs {
		if d.Name == name {
			return d, true
		}
	}
	return design{Name: name, Label: quote.Text(name), Family: "other"}, false
}

// cellName names a cell: "pool, beside 8 silent clients".
func (g grid) cellName(c result.Cell) string {
	d, _ := g.design(c.Server())
	if label := verdict.Condition(c); label != "" {
		return d.Label + ", " + label
	}
	return d.Label
}
