package plan

import (
	"fmt"
	"reflect"
	"slices"

	"socketbench/experiments/load"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/servers"
)

// Search is a capacity that must be measured before the first block: what one server carries under the conditions of
// some cells. Conditions that differ in nothing but their utilization, arrivals or times share one.
type Search struct {
	Cell Cell     // a closed loop without pauses; how long it is measured is left to who measures
	Why  string   // why it is this server, and not the baseline; "": it is the one that the experiment names
	For  []Wanted // the conditions whose utilizations are shares of it
}

// Wanted is a condition with loads that are given as utilizations.
type Wanted struct {
	Condition result.Cell // without the server
	Shares    spec.Shares
	Load      load.Options
}

// unshaped are the fields on which a server's capacity does not depend: when requests come, and for how long. Nor may it
// depend on disturbers: what they cost is a question, which needs the same load with and without them.
var unshaped = append(spec.Disturbers(),
	"load.utilization", "load.burst.utilization", "load.think_utilization",
	"load.arrivals", "load.rate", "load.think", "load.burst.peak", "load.burst.width", "load.burst.period",
	"load.warmup", "load.duration", "load.stop",
)

// search lays out what must be measured. entries has the registered servers.
func (p *Plan) search(entries map[string]servers.Entry) error {
	var order []string
	conditions := map[string][]Cell{} // the cells of each condition
	for _, c := range p.Cells {
		if !c.Shares.Any() {
			continue
		}
		key := c.ID.Without("server").Key()
		if conditions[key] == nil {
			order = append(order, key)
		}
		conditions[key] = append(conditions[key], c)
	}
	for _, key := range order {
		cells := conditions[key]
		c, why, err := p.reference(cells, entries)
		if err != nil {
			return err
		}
		want := Wanted{Condition: c.ID.Without("server"), Shares: c.Shares, Load: c.Load}
		c.ID, c.Shares, c.Load = c.ID.Without(unshaped...), spec.Shares{}, shape(c.Load)
		i := slices.IndexFunc(p.Searches, func(s Search) bool { return reflect.DeepEqual(s.Cell, c) })
		if i < 0 {
			i = len(p.Searches)
			p.Searches = append(p.Searches, Search{Cell: c, Why: why})
		}
		p.Searches[i].For = append(p.Searches[i].For, want)
	}
	return nil
}

// shape is the load as a closed loop without pauses, which asks for as much as the server can do, without
// disturbers.
func shape(l load.Options) load.Options {
	l.Arrivals, l.Rate, l.Think, l.Burst = load.Closed, 0, 0, load.Burst{}
	l.Warmup, l.Duration, l.Stop = 0, 0, false
	l.Mute, l.Idle, l.SlowWriter, l.SlowReader, l.Bulk, l.Churn, l.Reset = 0, 0, 0, 0, 0, 0, 0
	return l
}

// reference chooses the cell of a condition whose server is the unit of its loads: the one that utilization_of names, or
// the baseline. A baseline that cannot be asked under this condition, or that by its promises leaves clients waiting
// for ever, has no capacity there; the next server that has one takes its place, and why says so.
func (p *Plan) reference(cells []Cell, entries map[string]servers.Entry) (c Cell, why string, err error) {
	e := p.Experiment
	name := e.Reference()
	i := slices.IndexFunc(cells, func(c Cell) bool { return c.Server == name })
	serves := func(c Cell) bool { return serves(entries[c.Server], c) }
	switch {
	case i >= 0 && (e.UtilizationOf != "" || serves(cells[i])):
		return cells[i], "", nil
	case e.UtilizationOf != "":
		id := cells[0].ID.With(name)
		k := slices.IndexFunc(p.Unasked, func(u result.Unasked) bool { return u.Cell.Key() == id.Key() })
		return Cell{}, "", fmt.Errorf("plan: utilization_of %q: %s; name another server, or leave that condition out", name, p.Unasked[k].Why)
	}
	why = fmt.Sprintf("%s cannot be asked there", name)
	if i >= 0 {
		why = fmt.Sprintf("%s serves only some of these clients", name)
	}
	if k := slices.IndexFunc(cells, serves); k >= 0 {
		return cells[k], why, nil
	}
	if i >= 0 { // nobody promises more
		return cells[i], "", nil
	}
	return cells[0], why, nil
}

// serves reports whether a server promises to serve all measured clients of a cell: all at once, or those of sessions in
// turn. A command promises nothing, and is measured.
func serves(e servers.Entry, c Cell) bool {
	most := e.Traits.Capacity(servers.Config{Workers: c.Config.Workers, MaxConns: c.Config.MaxConns})
	return most == 0 || c.Load.Requests > 0 || c.Load.Connections <= most
}

// Freeze returns p with the loads that its utilizations come to. It is an error if a condition has none. The hash covers
// them, so that a run can be resumed only at the same rates.
func (p Plan) Freeze(capacities []result.Capacity, loads []result.Frozen) (Plan, error) {
	found := map[string]result.Frozen{}
	for _, l := range loads {
		found[l.Condition.Key()] = l
	}
	p.Cells = slices.Clone(p.Cells)
	for i := range p.Cells {
		c := &p.Cells[i]
		if !c.Shares.Any() {
			continue
		}
		condition := c.ID.Without("server")
		l, ok := found[condition.Key()]
		if !ok || l.Utilization != c.Shares.Rate || l.BurstUtilization != c.Shares.Peak || l.ThinkUtilization != c.Shares.Think {
			return Plan{}, fmt.Errorf("plan: there is no load for condition %s", condition.Key())
		}
		if c.Shares.Rate > 0 {
			c.Load.Rate = l.Rate
		}
		if c.Shares.Peak > 0 {
			c.Load.Burst.Peak = l.Peak
		}
		if c.Shares.Think > 0 {
			c.Load.Think = l.Think
		}
	}
	p.Searches, p.Capacities, p.Loads = nil, capacities, loads
	var err error
	p.Hash, err = p.hash()
	return p, err
}
