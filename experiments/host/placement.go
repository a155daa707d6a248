package host

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"socketbench/patterns/proc"
)

// Placements, as named in experiment files.
const (
	Split  = "split"  // the server on its CPUs, the generator on its own
	Shared = "shared" // both on all
	Same   = "same"   // both on one
	Apart  = "apart"  // each on a machine of its own
)

// Placement says which CPUs the server and the generator run on. Costs measured under different
// placements cannot be compared.
type Placement struct {
	Name           string
	Server, Client []int // CPU numbers; none: any
	Beside         []int // those that the server does not run on; none where it runs on all
}

// OwnCPUs reports whether the generator has CPUs that nothing else runs on: where it shares them with the server it waits
// for the server.
func (p Placement) OwnCPUs() bool { return p.Name == Split || p.Name == Apart }

// pacedEach is how many CPUs of the server, and of the generator, have their pace measured.
const pacedEach = 2

// Paced are the CPUs whose pace shows how fast the server, the generator and the way between them are: some of either's, in
// ascending order. See [Pace].
func (p Placement) Paced() []int {
	some := slices.Concat(p.Server[:min(pacedEach, len(p.Server))], p.Client[:min(pacedEach, len(p.Client))])
	slices.Sort(some)
	return slices.Compact(some)
}

// A PlacementError is a placement that cannot be had here.
type PlacementError struct{ Name, Lacks, Instead string }

// Why says what is missing.
func (e *PlacementError) Why() string { return fmt.Sprintf("placement %q %s", e.Name, e.Lacks) }

func (e *PlacementError) Error() string { return fmt.Sprintf("%s; use %q", e.Why(), e.Instead) }

// NewPlacement makes the placement of that name out of the CPUs this process may use; "" is Split where there
// are two, else Shared. Elsewhere than on Linux only Shared can be had, and so it is where the system lets nobody choose CPUs.
func NewPlacement(name string) (Placement, error) {
	return newPlacement(name, cores(), unplaced())
}

// unplaced says why the system lets this process choose no CPUs, as in many a container; "" where it does.
var unplaced = sync.OnceValue(func() string {
	if err := proc.Confinable(); err != nil {
		return err.Error()
	}
	return ""
})

// newPlacement splits the CPUs at the boundary of a core: two hardware threads of one core share its execution units, so a
// generator on one would slow a server on the other. unplaced says why CPUs cannot be chosen; "": they can.
func newPlacement(name string, cores [][]int, unplaced string) (Placement, error) {
	all := slices.Concat(cores...)
	if name == "" {
		if len(all) < 2 || unplaced != "" {
			name = Shared
		} else {
			name = Split
		}
	}
	if unplaced != "" && (name == Same || name == Split) {
		return Placement{}, &PlacementError{name, "needs CPUs to choose from (" + unplaced + ")", Shared}
	}
	switch name {
	case Shared:
		return Placement{Name: Shared, Server: all, Client: all}, nil
	case Apart:
		return Placement{Name: Apart, Server: all, Client: all}, nil
	case Same:
		if len(all) == 0 {
			return Placement{}, &PlacementError{name, "needs Linux", Shared}
		}
		last := all[len(all)-1:]
		return Placement{Name: Same, Server: last, Client: last, Beside: all[:len(all)-1]}, nil
	case Split:
		if len(all) == 0 {
			return Placement{}, &PlacementError{name, "needs Linux", Shared}
		}
		if len(all) < 2 {
			return Placement{}, &PlacementError{name, "needs two CPUs and there is one", Same}
		}
		if len(cores) == 1 {
			cores = [][]int{all[:len(all)/2], all[len(all)/2:]}
		}
		// The generator takes the first CPUs, where most systems deliver their interrupts.
		half := len(cores) / 2
		server, client := slices.Concat(cores[half:]...), slices.Concat(cores[:half]...)
		return Placement{Name: Split, Server: server, Client: client, Beside: client}, nil
	}
	return Placement{}, fmt.Errorf("no placement %q; there are %s", name, strings.Join([]string{Split, Shared, Same}, ", "))
}

// cores lists the CPUs this process may use, grouped by the physical core they are threads of; none elsewhere than on
// Linux.
func cores() [][]int {
	var groups [][]int
	index := map[string]int{}
	for _, cpu := range proc.CPUs() {
		core := fmt.Sprint(cpu)
		if b, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu)); err == nil {
			core = strings.TrimSpace(string(b))
		}
		i, ok := index[core]
		if !ok {
			i = len(groups)
			index[core] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], cpu)
	}
	return groups
}
