package stats

import (
	"math"
	"slices"
)

// fit explains values as the level of their row plus the shift of their block.
type fit struct{ level, shift *groups }

func newFit(rows, blocks int) fit { return fit{newGroups(rows), newGroups(blocks)} }

// of is what the fit expects of a value.
func (f fit) of(v value) float64 { return f.level.centre[v.row] + f.shift.centre[v.block] }

// means moves the fit one step towards the least squares: levels first, then shifts. It returns the largest move.
func (f fit) means(values []value) (moved float64) {
	moved = f.level.means(values, func(v value) (int, float64) { return v.row, v.log - f.shift.centre[v.block] })
	return moved + f.shift.means(values, func(v value) (int, float64) { return v.block, v.log - f.level.centre[v.row] })
}

// polish fits medians in place of means, which bad values do not move (Tukey's median polish, 1977).
func (f fit) polish(values []value) {
	for range 10 {
		moved := f.level.medians(values, func(v value) (int, float64) { return v.row, v.log - f.shift.centre[v.block] })
		moved += f.shift.medians(values, func(v value) (int, float64) { return v.block, v.log - f.level.centre[v.row] })
		if moved < 1e-6 {
			return
		}
	}
}

// parameters counts the rows and blocks that have values, less the one that the others determine.
func (f fit) parameters() int { return f.level.filled() + f.shift.filled() - 1 }

// groups are groups of values with a centre each; a group without values has the centre 0.
type groups struct {
	centre, n, sum []float64
	parts          [][]float64 // memory of medians
}

func newGroups(n int) *groups {
	return &groups{centre: make([]float64, n), n: make([]float64, n), sum: make([]float64, n)}
}

// means works out the mean of each group, and returns the largest change.
func (g *groups) means(values []value, part func(v value) (group int, x float64)) (moved float64) {
	clear(g.sum)
	clear(g.n)
	for _, v := range values {
		group, x := part(v)
		g.sum[group] += x
		g.n[group]++
	}
	for k, n := range g.n {
		if n > 0 {
			moved = max(moved, g.move(k, g.sum[k]/n))
		}
	}
	return moved
}

// medians works out the median of each group, and returns the largest change.
func (g *groups) medians(values []value, part func(v value) (group int, x float64)) (moved float64) {
	if g.parts == nil {
		g.parts = make([][]float64, len(g.centre))
		for k := range g.parts {
			g.parts[k] = make([]float64, 0, 1+2*len(values)/len(g.parts))
		}
	}
	for k := range g.parts {
		g.parts[k] = g.parts[k][:0]
	}
	for _, v := range values {
		group, x := part(v)
		g.parts[group] = append(g.parts[group], x)
	}
	for k, p := range g.parts {
		if g.n[k] = float64(len(p)); len(p) > 0 {
			slices.Sort(p)
			moved = max(moved, g.move(k, (p[(len(p)-1)/2]+p[len(p)/2])/2))
		}
	}
	return moved
}

// move sets the centre of a group, and returns by how much it moved.
func (g *groups) move(k int, centre float64) float64 {
	moved := math.Abs(g.centre[k] - centre)
	g.centre[k] = centre
	return moved
}

// filled counts the groups that have values.
func (g *groups) filled() (n int) {
	for _, k := range g.n {
		if k > 0 {
			n++
		}
	}
	return n
}
