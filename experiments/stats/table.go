package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Table is one metric of a whole run: a row for each cell, a column for each block, the values as logarithms. What all
// cells of a block have in common, such as a slow minute of the machine, cancels in comparisons within the block. The
// rest is scatter, which is estimated from all rows that scatter alike.
type Table struct {
	rows     [][]float64 // log values; NaN where there is none
	seconds  []Second    // in logarithms too
	variance float64     // of one value about its row and its block, pooled
	df       float64
	alike    []bool // rows that are in the pool
}

// Second is the second figure of an A/A pair: the same cell, measured again within one block.
type Second struct {
	Row, Block int
	Value      float64
}

// A row is taken to scatter unlike the rest where, among equal rows, one table in ten would have such a row by accident.
const unequal = 0.1

// NewTable makes a table of rows[cell][block], with NaN where there is no value. Values that are not positive have no
// logarithm, and count as missing. All rows must have the same length.
func NewTable(rows [][]float64, seconds []Second) *Table {
	t := &Table{rows: make([][]float64, len(rows)), alike: make([]bool, len(rows))}
	for i, row := range rows {
		t.rows[i] = make([]float64, len(row))
		for b, v := range row {
			t.rows[i][b] = logarithm(v)
		}
		t.alike[i] = count(t.rows[i]) >= 2
	}
	for _, w := range seconds {
		if w.Value = logarithm(w.Value); !math.IsNaN(w.Value) && !math.IsNaN(t.rows[w.Row][w.Block]) {
			t.seconds = append(t.seconds, w)
		}
	}
	t.pool()
	return t
}

func logarithm(v float64) float64 {
	if v > 0 && !math.IsInf(v, 1) {
		return math.Log(v)
	}
	return math.NaN()
}

func count(row []float64) (n int) {
	for _, v := range row {
		if !math.IsNaN(v) {
			n++
		}
	}
	return n
}

// pool estimates the common variance. While one row scatters far more than the others, it takes that row out of the
// pool, and the row's comparisons are judged by their own scatter. Otherwise one design that scatters would widen the
// intervals of all others, and its own would be too narrow.
func (t *Table) pool() {
	for {
		squares, free := t.residuals()
		total, df := 0.0, 0.0
		left := 0
		for i := range squares {
			if t.alike[i] {
				total, df, left = total+squares[i], df+free[i], left+1
			}
		}
		t.variance, t.df = 0, df
		if df > 0 {
			t.variance = total / df
		}
		if left < 3 {
			return
		}
		worst, p := -1, unequal/float64(left)
		for i := range squares {
			if !t.alike[i] || free[i] <= 0 || df-free[i] <= 0 {
				continue
			}
			rest := (total - squares[i]) / (df - free[i])
			if rest <= 0 {
				continue
			}
			f := distuv.F{D1: free[i], D2: df - free[i]}
			if q := f.Survival(squares[i] / free[i] / rest); q < p {
				worst, p = i, q
			}
		}
		if worst < 0 {
			return
		}
		t.alike[worst] = false
	}
}

// value is one observation of the fit.
type value struct {
	row, block int
	log        float64
}

// observed lists the values of the rows in the pool. Second trials are among them: they belong to the same cell, and tell
// as much about its scatter as the first ones.
func (t *Table) observed() []value {
	most := len(t.seconds)
	for _, row := range t.rows {
		most += len(row)
	}
	values := make([]value, 0, most)
	for i, row := range t.rows {
		for b, v := range row {
			if t.alike[i] && !math.IsNaN(v) {
				values = append(values, value{i, b, v})
			}
		}
	}
	for _, w := range t.seconds {
		if t.alike[w.Row] {
			values = append(values, value{w.Row, w.Block, w.Value})
		}
	}
	return values
}

// residuals fits a mean for each row and each block to the rows in the pool, in turns until neither moves. It returns the
// sum of squares of each row, and its share of the degrees of freedom.
func (t *Table) residuals() (squares, free []float64) {
	squares, free = make([]float64, len(t.rows)), make([]float64, len(t.rows))
	values := t.observed()
	blocks := 0
	for _, v := range values {
		blocks = max(blocks, v.block+1)
	}
	level, shift := newMeans(len(t.rows)), newMeans(blocks)
	for range 200 {
		moved := level.set(values, func(v value) (int, float64) { return v.row, v.log - shift.mean[v.block] })
		moved += shift.set(values, func(v value) (int, float64) { return v.block, v.log - level.mean[v.row] })
		if moved < 1e-10 {
			break
		}
	}
	for _, v := range values {
		r := v.log - level.mean[v.row] - shift.mean[v.block]
		squares[v.row] += r * r
	}
	within := len(values) - level.groups()
	all := max(0, float64(within-shift.groups()+1))
	for i, n := range level.n {
		free[i] = all * max(0, n-1) / float64(max(1, within))
	}
	return squares, free
}

// means are the means of groups of values; a group without values has the mean 0.
type means struct{ mean, sum, n []float64 }

func newMeans(groups int) *means {
	return &means{make([]float64, groups), make([]float64, groups), make([]float64, groups)}
}

// set works out the mean of each group, and returns the largest change.
func (m *means) set(values []value, part func(value) (group int, v float64)) (moved float64) {
	clear(m.sum)
	clear(m.n)
	for _, v := range values {
		group, x := part(v)
		m.sum[group] += x
		m.n[group]++
	}
	for g, n := range m.n {
		if n > 0 {
			moved = max(moved, math.Abs(m.mean[g]-m.sum[g]/n))
			m.mean[g] = m.sum[g] / n
		}
	}
	return moved
}

// groups counts the groups that have values.
func (m *means) groups() (n int) {
	for _, k := range m.n {
		if k > 0 {
			n++
		}
	}
	return n
}

// Compare estimates log(row i / row base) from the blocks in which both have a value. Where a block has a second trial of
// one of them, the mean of both trials is used, which scatters less.
func (t *Table) Compare(i, base int) Estimate {
	a, perA := t.averaged(i)
	b, perB := t.averaged(base)
	var d []float64
	trials := 0.0 // the sum of 1/n over both sides of all differences: 2 a block where each was measured once
	for k := range a {
		if v := a[k] - b[k]; !math.IsNaN(v) {
			d = append(d, v)
			trials += 1/perA[k] + 1/perB[k]
		}
	}
	return t.estimate(d, trials, t.alike[i] && t.alike[base])
}

// averaged returns a row's mean in each block, and the number of trials that it is the mean of.
func (t *Table) averaged(i int) (mean, n []float64) {
	mean, n = slices.Clone(t.rows[i]), make([]float64, len(t.rows[i]))
	for b := range n {
		n[b] = 1
	}
	for _, w := range t.seconds {
		if w.Row == i {
			n[w.Block]++
			mean[w.Block] += (w.Value - mean[w.Block]) / n[w.Block]
		}
	}
	return mean, n
}

// AAPair estimates log(second / first) of the A/A pairs.
func (t *Table) AAPair() Estimate {
	var d []float64
	alike := true
	for _, w := range t.seconds {
		d = append(d, w.Value-t.rows[w.Row][w.Block])
		alike = alike && t.alike[w.Row]
	}
	return t.estimate(d, 2*float64(len(d)), alike)
}

// estimate returns the mean of differences. It uses the pooled variance where that is better known than their own and
// they do not contradict it. The variance of the sum of the differences is that of one trial times trials.
func (t *Table) estimate(d []float64, trials float64, alike bool) Estimate {
	own := Mean(d)
	if !alike || t.df <= own.DF || len(d) == 0 {
		return own
	}
	pooled := Estimate{Center: own.Center, SE: math.Sqrt(t.variance*trials) / float64(len(d)), DF: t.df, N: len(d)}
	if own.DF > 0 && own.SE > pooled.SE {
		f := distuv.F{D1: own.DF, D2: pooled.DF}
		if f.Survival(own.SE*own.SE/(pooled.SE*pooled.SE)) < doubt {
			return own
		}
	}
	return pooled
}

// doubt is the probability below which differences are taken to scatter more than the table.
const doubt = 0.4
