package verdict

import (
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
)

// Short is what a design runs short of first when there is more load, or has run short of.
type Short struct {
	Of     string // cpu, memory, backend, connections, generator or design; "": nothing is near its end, or nothing was measured
	Clause string // "the server's CPU, 64 % busy"
}

const (
	ofCPU         = "cpu"
	ofMemory      = "memory"
	ofBackend     = "backend"
	ofConnections = "connections"
	ofGenerator   = "generator"
	ofDesign      = "design"
)

// A resource below roomy has room for everybody; above full nobody has room left.
const (
	roomy = 0.5
	full  = load.FullCPU
)

// short says which resource a design uses most of, and whether it is the design itself that requests wait for: an event
// loop whose handler waits falls behind with every resource free.
func (j *judge) short(r Required, cells []int) Short {
	use, share := j.mostUsed(cells)
	fails := func(of func(metricName string) bool) bool {
		return slices.ContainsFunc(r.Each, func(m Met) bool { return m.Word == Refuted && of(m.Metric) })
	}
	memory := func(name string) bool { return strings.HasPrefix(name, "rss_") }
	behind := slices.ContainsFunc(cells, func(i int) bool { return j.cells[i].Limits.often(j.cells[i].Limits.Behind) })
	switch {
	case use.Of == "":
		return Short{}
	case fails(memory) && !fails(func(name string) bool { return !memory(name) }):
		return Short{ofMemory, "memory: it takes more than is required"}
	case share >= full:
		return use
	case behind || fails(func(name string) bool { return name == metric.Unserved || name == metric.Served }):
		return Short{ofDesign, "the design itself"}
	case share >= roomy:
		return use
	}
	return Short{"", "nothing is half used"}
}

// mostUsed says which resource the cells of a design use most of.
func (j *judge) mostUsed(cells []int) (use Short, most float64) {
	slots := j.slots()
	for _, i := range cells {
		c := &j.cells[i]
		one, share := j.used(c.ID, slots, func(name string) float64 { return c.Metrics[name].Center })
		if share > most {
			most, use = share, one
		}
	}
	return use, most
}

// used says which resource a server used most of, by its figures. By Little's law the requests in a backend are the
// replies per second times the time that each is there, however the server is designed; so its slots are a resource like
// a CPU.
func (j *judge) used(id result.Cell, slots map[string]int, figure func(metricName string) float64) (use Short, most float64) {
	note := func(of string, share float64, format string, args ...any) {
		if share > most {
			most, use = share, Short{of, fmt.Sprintf(format, args...)}
		}
	}
	serving, loading := ServerCPUs(j.manifest, id), len(j.manifest.Host.ClientCPUs)
	switch busy := figure(metric.ServerCPU); {
	case serving == 0:
	case sharesCPUs(j.manifest, id):
		share := (busy + figure(metric.ClientCPU)) / float64(serving)
		note(ofCPU, share, "the %s of server and generator, %s busy", cpus(serving), unit.Percent(share))
	default:
		note(ofCPU, busy/float64(serving), "the server's %s, %s busy", cpus(serving), unit.Percent(busy/float64(serving)))
		if loading > 0 {
			share := figure(metric.ClientCPU) / float64(loading)
			note(ofGenerator, share, "the generator's %s, %s busy: the server may carry more", cpus(loading), unit.Percent(share))
		}
	}
	if n := slots[id.Without("server").Key()]; n > 0 {
		inService := figure(metric.InService)
		note(ofBackend, inService/float64(n), "the backend, %s of %d slots in use", unit.Tick("count", inService), n)
	}
	if all := float64(j.manifest.Host.MemoryKiB) * 1024; all > 0 {
		used := figure(metric.RSSPeak)
		note(ofMemory, used/all, "memory, %s of %s in use", unit.Tick("bytes", used), unit.Tick("bytes", all))
	}
	return use, most
}

func cpus(n int) string {
	if n == 1 {
		return "CPU"
	}
	return fmt.Sprintf("%d CPUs", n)
}

// slots are those of the backend, by the key of a condition.
func (j *judge) slots() map[string]int {
	list := map[string]int{}
	j.exp.Conditions(func(condition map[string]any, e spec.Experiment) bool {
		work := e.Config.Protocol.Work
		if work.Wait > 0 {
			id := result.Cell(condition)
			list[id.Key()] = work.Slots
		}
		return true
	})
	return list
}
