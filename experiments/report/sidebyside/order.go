package sidebyside

import "socketbench/servers"

// ByTeachingOrder sorts entries in the order in which to read them: each design after the one it grew from, otherwise in
// the given order. The depth of each is its number of steps from the first design of its branch. An entry whose After is
// not among them, or leads back to the entry, begins a branch of its own.
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
