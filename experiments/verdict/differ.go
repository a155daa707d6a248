package verdict

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"socketbench/experiments/environ"
	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/servers/foreign"
)

// asked is what each cell of a run asks: the experiment with the cell's own values in place of what is varied, and with
// the loads in force in place of utilizations.
func (j *judge) asked() map[string]spec.Experiment {
	all := map[string]spec.Experiment{}
	j.exp.Conditions(func(condition map[string]any, c spec.Experiment) bool {
		key := result.Cell(condition).Key()
		if l, frozen := j.frozen[key]; frozen {
			put(&c.Load.Rate, l.Rate)
			put(&c.Load.Burst.Peak, l.Peak)
			put(&c.Load.Think, l.Think)
		}
		all[key] = c
		return true
	})
	return all
}

// put sets a load to what was found, unless there was nothing to find.
func put[T comparable](at *T, found T) {
	var none T
	if found != none {
		*at = found
	}
}

// otherQuestion lists the fields by which the two runs ask a cell something else, as "load.rate 1000, then 2000". Loads
// that come from one utilization and differ by no more than sameLoad are the same question.
func (x Across) otherQuestion(c result.Cell) []spec.Difference {
	key := c.Without("server").Key()
	a, b := x.askedA[key], x.askedB[key]
	return slices.DeleteFunc(spec.Differing(a, b), func(d spec.Difference) bool {
		by, found := apart(d.Field, a, b)
		return found && by <= sameLoad
	})
}

// sameLoad is by how much the loads that a utilization comes to may differ between two runs that are compared. Two
// searches for one capacity differ by a few percent.
const sameLoad = 0.05

// apart is by how much a load of b, which a utilization stands for in both, is more or less than that of a. found is false
// where it is another field, or a number in the file.
func apart(field string, a, b spec.Experiment) (by float64, found bool) {
	var first, second, shareA, shareB float64
	switch field {
	case "load.rate":
		first, second, shareA, shareB = a.Load.Rate, b.Load.Rate, a.Shares.Rate, b.Shares.Rate
	case "load.burst.peak":
		first, second, shareA, shareB = a.Load.Burst.Peak, b.Load.Burst.Peak, a.Shares.Peak, b.Shares.Peak
	case "load.think":
		first, second, shareA, shareB = float64(a.Load.Think), float64(b.Load.Think), a.Shares.Think, b.Shares.Think
	}
	if shareA == 0 || shareA != shareB {
		return 0, false
	}
	return math.Abs(second-first) / max(1, min(first, second)), true
}

// otherLoads says by how much the loads differ that both runs give as the same utilization; "" where none does.
func (x Across) otherLoads() string {
	most, where, cells := 0.0, "", 0
	for i := range x.a.cells {
		c := x.a.cells[i].ID
		key := c.Without("server").Key()
		a, b := x.askedA[key], x.askedB[key]
		for _, d := range spec.Differing(a, b) {
			by, found := apart(d.Field, a, b)
			if !found || !x.b.has(c) {
				continue
			}
			cells++
			if by > most {
				most, where = by, fmt.Sprintf("%s of %s is %s, then %s", d.Field, named(c), d.First, d.Second)
			}
		}
	}
	if cells == 0 {
		return ""
	}
	return fmt.Sprintf("each run measured what its utilizations are shares of, and the loads of %s differ, by up to %s (%s); run --rates repeats a run at the loads of an earlier one",
		unit.Many(cells, "cell"), unit.Percent(most), where)
}

// otherLoad says that the two runs offered a cell too different loads to compare figures of a metric; "" where they did
// not, or where the metric does not depend on the load.
func (x Across) otherLoad(c result.Cell, name string) string {
	if anyLoad(name) {
		return ""
	}
	key := c.Without("server").Key()
	for _, d := range x.otherQuestion(c) {
		if _, found := apart(d.Field, x.askedA[key], x.askedB[key]); found {
			return fmt.Sprintf("the same utilization was another load: %s; run --rates repeats a run at the loads of an earlier one", written([]spec.Difference{d}))
		}
	}
	return ""
}

func written(list []spec.Difference) string {
	parts := make([]string, len(list))
	for i, d := range list {
		parts[i] = fmt.Sprintf("%s is %s, then %s", d.Field, d.First, d.Second)
	}
	return strings.Join(parts, "; ")
}

// harmless reports whether figures of a metric can be compared although a field of the cell differs. A longer window
// counts more and sees a longer maximum; everything else it only tells more exactly.
func (x Across) harmless(c result.Cell, d spec.Difference, name string) bool {
	key := c.Without("server").Key()
	if _, found := apart(d.Field, x.askedA[key], x.askedB[key]); found {
		return anyLoad(name)
	}
	if !d.Timing() {
		return false
	}
	return !counted(name) && metric.Of(name).Part() != metric.Max
}

// anyLoad reports whether a metric says the same at a somewhat higher load: it counts clients.
func anyLoad(name string) bool {
	return name == metric.Served || name == metric.Unserved || name == metric.Disturbers
}

// otherMachine says how the machines of two runs differ, where they differ so much that times, costs and memory of one
// say nothing about the other; "" where they do not. What an old run does not say is taken to be the same.
func otherMachine(a, b result.Host) string {
	for _, d := range []struct {
		what          string
		first, second any
	}{
		{"the system", a.OS, b.OS}, {"the architecture", a.Arch, b.Arch}, {"the CPU", a.CPUModel, b.CPUModel},
		{"the number of CPUs", a.CPUs, b.CPUs}, {"the number of the server's CPUs", len(a.ServerCPUs), len(b.ServerCPUs)},
	} {
		if reflect.ValueOf(d.first).IsZero() || reflect.ValueOf(d.second).IsZero() || d.first == d.second {
			continue
		}
		return fmt.Sprintf("%s is %v, then %v", d.what, d.first, d.second)
	}
	return ""
}

// differences lists what a comparison depends on and the two runs do not share.
func (x Across) differences() (list []string) {
	a, b := x.a.manifest, x.b.manifest
	differ := func(what string, x, y any) {
		if fmt.Sprint(x) != fmt.Sprint(y) {
			list = append(list, fmt.Sprintf("%s differs: %v, then %v", what, x, y))
		}
	}
	differ("the experiment", a.Experiment, b.Experiment)
	if len(x.Changed) > 0 {
		list = append(list, "the experiment was changed between the runs: "+strings.Join(x.Changed, "; "))
	}
	for _, server := range x.a.exp.Servers {
		if slices.Contains(x.b.exp.Servers, server) {
			differ("the command of "+server, commandOf(x.a, server), commandOf(x.b, server))
		}
	}
	differ("Go", a.Go, b.Go)
	differ("socketbench", strings.TrimSpace(a.Tool+" "+a.Commit), strings.TrimSpace(b.Tool+" "+b.Commit))
	if len(x.Changed) == 0 {
		differ("the placement", a.Placement, b.Placement)
		differ("the agents", strings.Join(a.AgentNames(), ", "), strings.Join(b.AgentNames(), ", "))
	}
	differ("the system", a.Host.OS+"/"+a.Host.Arch, b.Host.OS+"/"+b.Host.Arch)
	differ("the kernel", a.Host.Kernel, b.Host.Kernel)
	differ("the CPU", a.Host.CPUModel, b.Host.CPUModel)
	differ("the number of CPUs", a.Host.CPUs, b.Host.CPUs)
	differ("the server's CPUs", a.Host.ServerCPUs, b.Host.ServerCPUs)
	for _, k := range slices.Sorted(maps.Keys(a.Host.Sysctls)) {
		differ(k, a.Host.Sysctls[k], b.Host.Sysctls[k])
	}
	for _, k := range slices.Sorted(maps.Keys(a.Host.Limits)) {
		if limit, known := b.Host.Limits[k]; known {
			differ("the limit "+k, result.LimitText(a.Host.Limits[k]), result.LimitText(limit))
		}
	}
	list = append(list, environ.Differences(a.Environment, b.Environment)...)
	for _, run := range []struct {
		name string
		m    result.Manifest
	}{{"first", a}, {"second", b}} {
		if run.m.Host.StealShare > 0.01 {
			list = append(list, fmt.Sprintf("the %s run lost %.1f %% of the CPU time to other guests of the machine", run.name, 100*run.m.Host.StealShare))
		}
	}
	return list
}

// commandOf is the command that a server of a run was run by, as typed in a shell.
func commandOf(j *judge, server string) string {
	if command, ok := j.exp.Commands.Of(server); ok {
		return foreign.ShellLine(command)
	}
	return "none, as it is a registered server"
}

// changed lists the fields that any cell of both runs was asked differently by, once each.
func (x Across) changed() (list []string) {
	for i := range x.a.cells {
		id := x.a.cells[i].ID
		if _, both := x.b.byKey[id.Key()]; !both {
			continue
		}
		for _, d := range x.otherQuestion(id) {
			if s := written([]spec.Difference{d}); !slices.Contains(list, s) {
				list = append(list, s)
			}
		}
	}
	return list
}

// oneSided says which cells only one of the runs has, or has a valid trial of, a sentence a run.
func (x Across) oneSided() (list []string) {
	for _, side := range []struct {
		has, lacks *judge
		name       string
	}{{x.a, x.b, "second"}, {x.b, x.a, "first"}} {
		var missing, spoilt []string
		for i := range side.has.cells {
			id := side.has.cells[i].ID
			k, ok := side.lacks.byKey[id.Key()]
			switch name := named(id); {
			case !ok:
				missing = append(missing, name)
			case side.lacks.cells[k].Trials == 0 && side.lacks.unasked[id.Key()] == "":
				spoilt = append(spoilt, name)
			}
		}
		if len(missing) > 0 {
			list = append(list, fmt.Sprintf("not in the %s run: %s", side.name, listed(missing)))
		}
		if len(spoilt) > 0 {
			list = append(list, fmt.Sprintf("without a valid trial in the %s run: %s", side.name, listed(spoilt)))
		}
	}
	return list
}

// notAsked says which cells were not asked in one of the runs or in both, a sentence a reason.
func (x Across) notAsked() (list []string) {
	sentences := map[string][]string{} // the cells, by the sentence's two ends
	var order [][2]string
	add := func(run, why string, id result.Cell) {
		end := [2]string{run, why}
		if !slices.Contains(order, end) {
			order = append(order, end)
		}
		sentences[run+why] = append(sentences[run+why], named(id))
	}
	for i := range x.a.cells {
		id := x.a.cells[i].ID
		before, after := x.a.unasked[id.Key()], x.b.unasked[id.Key()]
		switch {
		case before != "" && before == after:
			add("either", before, id)
		case before != "":
			add("the first", before, id)
		}
		if after != "" && before != after {
			add("the second", after, id)
		}
	}
	for _, o := range order {
		list = append(list, fmt.Sprintf("not asked in %s run: %s: %s", o[0], listed(sentences[o[0]+o[1]]), o[1]))
	}
	return list
}

// listed names the first few and counts the others.
func listed(names []string) string {
	if n := len(names) - mostListed; n > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:mostListed], ", "), n)
	}
	return strings.Join(names, ", ")
}

// mostListed are named; the others are counted.
const mostListed = 6

func (j *judge) has(c result.Cell) bool { _, ok := j.byKey[c.Key()]; return ok }
