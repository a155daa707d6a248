package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// scatter is the variance of one trial about its row and its block, and the degrees of freedom of that variance.
type scatter struct{ variance, df float64 }

// A row is taken to scatter unlike the rest where, among equal rows, three tables in ten would have such a row by accident.
const unequal = 0.3

// pool estimates the common scatter. While one row scatters far more than the others, it takes that row out of the pool,
// and the row's comparisons are judged by its own scatter. Otherwise one design that scatters would widen the intervals
// of all others, and its own would be too narrow.
func (t *Table) pool() {
	values := t.values()
	for {
		f := t.fitPool(values)
		common := t.within(values, f)
		worst := restless(common)
		if worst < 0 {
			t.aside(values, f)
			return
		}
		t.alike[worst] = false
	}
}

// fitPool fits the rows in the pool.
func (t *Table) fitPool(values []value) fit {
	in := slices.DeleteFunc(slices.Clone(values), func(v value) bool { return !t.alike[v.row] })
	f := newFit(len(t.rows), t.blocks())
	for range 200 {
		if f.means(in) < 1e-10 {
			break
		}
	}
	return f
}

// within works out the scatter of each row in the pool about the fit, and of all of them together. The common scatter
// counts no residual for more than what is usual, because a row with bad values is judged by its own scatter anyway. It
// returns what each row adds to the common scatter.
func (t *Table) within(values []value, f fit) (common []scatter) {
	common = make([]scatter, len(t.rows))
	squares, n := make([]float64, len(t.rows)), 0.0
	for _, v := range values {
		if !t.alike[v.row] {
			continue
		}
		r := v.log - f.of(v)
		squares[v.row] += r * r
		if t.sd > 0 {
			r = max(-usual*t.sd, min(r, usual*t.sd)) / math.Sqrt(cutVariance)
		}
		common[v.row].variance += r * r
		n++
	}
	free := max(0, n-float64(f.parameters()))
	t.pooled, t.size = scatter{}, 0
	for i, m := range f.level.n {
		if !t.alike[i] {
			continue
		}
		df := free * max(0, m-1) / max(1, n-float64(f.level.filled()))
		common[i].df = df
		t.own[i] = scatter{squares[i] / df, df}
		t.pooled.variance += common[i].variance
		t.pooled.df += df
		t.size++
	}
	if t.pooled.df > 0 {
		t.pooled.variance /= t.pooled.df
	}
	return common
}

// restless returns the row whose squares are least likely among rows that scatter alike, or -1 where none is unlikely.
func restless(rows []scatter) (worst int) {
	total, left := scatter{}, 0
	for _, r := range rows {
		if r.df > 0 {
			total.variance, total.df, left = total.variance+r.variance, total.df+r.df, left+1
		}
	}
	worst = -1
	if left < 3 {
		return worst
	}
	least := unequal / float64(left)
	for i, r := range rows {
		if r.df <= 0 || total.variance <= r.variance {
			continue
		}
		rest := (total.variance - r.variance) / (total.df - r.df)
		f := distuv.F{D1: r.df, D2: total.df - r.df}
		if p := f.Survival(r.variance / r.df / rest); p < least {
			worst, least = i, p
		}
	}
	return worst
}

// aside works out the scatter of the rows that are not in the pool, about the shifts of the blocks that the pool gives.
func (t *Table) aside(values []value, f fit) {
	rest := make([][]float64, len(t.rows))
	for _, v := range values {
		if !t.alike[v.row] && f.shift.n[v.block] > 0 {
			rest[v.row] = append(rest[v.row], v.log-f.shift.centre[v.block])
		}
	}
	for i, r := range rest {
		if e := Mean(r); e.DF > 0 {
			t.own[i] = scatter{e.SE * e.SE * float64(e.N), e.DF}
		}
	}
}
