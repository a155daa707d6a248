package sidebyside

import "socketbench/servers"

// ByTeachingOrder sorts entries as a reader should meet them: each design after the one it grew from,
// otherwise in the order given. The depth of each is how many steps it is from where it began. An entry
// whose After is not among them, or leads back to itself, begins a line of its own.
func ByTeachingOrder(entries []servers.Entry) (sorted []servers.Entry, depths []int) {
	known, done := map[string]bool{}, map[string]bool{}
	for _, e := range entries {
		known[e.Name] = true
	}
	var visit func(e servers.Entry, depth int)
	visit = func(e servers.Entry, depth int) {
		if done[e.Name] {
			return
		}
		done[e.Name] = true
		sorted, depths = append(sorted, e), append(depths, depth)
		for _, next := range entries {
			if next.After == e.Name {
				visit(next, depth+1)
			}
		}
	}
	for _, e := range entries {
		if !known[e.After] {
			visit(e, 0)
		}
	}
	for _, e := range entries {
		visit(e, 0)
	}
	return sorted, depths
}
