package host

import (
	"fmt"
	"slices"
	"strings"
)

// Placements, as named in experiment files.
const (
	Split  = "split"  // the server on its CPUs, the generator on its own
	Shared = "shared" // both on all
	Same   = "same"   // both on one
)

// Placement says which CPUs the server and the generator run on. Costs measured under different
// placements cannot be compared.
type Placement struct {
	Name           string
	Server, Client []int // CPU numbers; none: wherever the system likes
}

// Beside returns the CPUs that the server does not run on; none where it has them all.
func (p Placement) Beside() (cpus []int) {
	for _, c := range slices.Concat(cores()...) {
		if !slices.Contains(p.Server, c) {
			cpus = append(cpus, c)
		}
	}
	return cpus
}

// A PlacementError is a placement that cannot be had here.
type PlacementError struct{ Name, Lacks, Instead string }

// Why says what is missing.
func (e *PlacementError) Why() string { return fmt.Sprintf("placement %q %s", e.Name, e.Lacks) }

func (e *PlacementError) Error() string { return fmt.Sprintf("%s; use %q", e.Why(), e.Instead) }

// Place makes the placement of that name out of the CPUs this process may use; "" is Split where there
// are two, else Shared. Elsewhere than on Linux only Shared can be had.
func Place(name string) (Placement, error) {
	return place(name, cores())
}

// place splits at the boundary of a core: two hardware threads of one core share its execution units,
// so that the generator would slow the server from within.
func place(name string, cores [][]int) (Placement, error) {
	all := slices.Concat(cores...)
	if name == "" {
		if len(all) < 2 {
			name = Shared
		} else {
			name = Split
		}
	}
	switch name {
	case Shared:
		return Placement{Shared, all, all}, nil
	case Same:
		if len(all) == 0 {
			return Placement{}, &PlacementError{name, "needs Linux", Shared}
		}
		last := all[len(all)-1:]
		return Placement{Same, last, last}, nil
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
		// The generator takes the first ones, where most systems deliver their interrupts.
		half := len(cores) / 2
		return Placement{Split, slices.Concat(cores[half:]...), slices.Concat(cores[:half]...)}, nil
	}
	return Placement{}, fmt.Errorf("no placement %q; there are %s", name, strings.Join([]string{Split, Shared, Same}, ", "))
}
