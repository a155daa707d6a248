package stats

import (
	"math"
	"slices"
)

// Compare estimates log(row i / row base) from the blocks in which both have a value. Where a block has a second trial of
// one of them, the mean of both trials is used, which scatters less.
func (t *Table) Compare(i, base int) Estimate {
	a, perA := t.averaged(i)
	b, perB := t.averaged(base)
	var d []float64
	sides := []side{{row: i}, {row: base}}
	for k := range a {
		if v := a[k] - b[k]; !math.IsNaN(v) {
			d = append(d, v)
			sides[0].trials += 1 / perA[k]
			sides[1].trials += 1 / perB[k]
		}
	}
	return t.trusted(t.estimate(d, sides), sides)
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

// AAPair estimates log(second / first) of the A/A pairs. Its scatter is that of the table, because three pairs, one of
// them bad, would say that nothing can be told apart.
func (t *Table) AAPair() Estimate {
	var d []float64
	var sides []side
	for _, w := range t.seconds {
		d = append(d, w.Value-t.rows[w.Row][w.Block])
		k := slices.IndexFunc(sides, func(s side) bool { return s.row == w.Row })
		if k < 0 {
			k, sides = len(sides), append(sides, side{row: w.Row})
		}
		sides[k].trials += 2
	}
	return t.together(Mean(d), sides, func(row int) scatter {
		if t.wild[row] > 0 { // the scatter of the row may be that of one bad trial
			return t.pooled
		}
		return t.known(row)
	})
}

// side is the part of a row in a sum of differences, whose variance is that of one of its trials times trials: 1 a block
// where the row was measured once, 1/2 where twice.
type side struct {
	row    int
	trials float64
}

// known is the scatter of a row: the common one, or its own where it scatters unlike the others.
func (t *Table) known(row int) scatter {
	if t.alike[row] {
		return t.pooled
	}
	return t.own[row]
}

// together gives a mean of differences the standard error that follows from the scatter of the rows, and leaves it as it
// is where that is unknown. The degrees of freedom are those of Welch and Satterthwaite (1947).
func (t *Table) together(e Estimate, sides []side, of func(row int) scatter) Estimate {
	common, variance, doubt := 0.0, 0.0, 0.0
	for _, s := range sides {
		row := of(s.row)
		part := row.variance * s.trials
		switch {
		case row.df <= 0:
			return e
		case row == t.pooled:
			common += part
		default:
			variance += part
			doubt += part * part / row.df
		}
	}
	if common > 0 {
		variance += common
		doubt += common * common / t.pooled.df
	}
	e.SE = math.Sqrt(variance) / float64(e.N)
	if doubt > 0 {
		e.DF = floor(variance * variance / doubt)
	}
	return e
}

// estimate returns the mean of differences, with the common scatter unless the differences scatter more. A row that is
// restless shows it in few blocks only by chance, and with the common scatter alone its intervals would be too narrow.
func (t *Table) estimate(d []float64, sides []side) Estimate {
	own := Mean(d)
	restless := slices.ContainsFunc(sides, func(s side) bool { return !t.alike[s.row] })
	switch {
	case restless && len(d) > 1:
		return t.together(own, sides, t.known)
	case restless, t.pooled.df <= own.DF, len(d) == 0:
		return own
	}
	pooled := t.together(own, sides, t.known)
	switch {
	case own.DF == 0:
		return pooled
	case t.size < 3: // there is no third row that tells which of the two scatters
		return wider(own, pooled)
	case own.SE <= pooled.SE:
		return pooled
	}
	rows := t.together(own, sides, func(row int) scatter { return t.own[row] })
	if rows.DF < own.DF {
		return own
	}
	rows.SE = max(rows.SE, pooled.SE)
	return rows
}

// wider returns the estimate with the wider interval.
func wider(a, b Estimate) Estimate {
	if a.Half() > b.Half() {
		return a
	}
	return b
}

// trusted makes up for the values that were cut. How far out a cut value lies is no measurement: the table sets it, and
// knows it with more degrees of freedom than a few blocks have.
func (t *Table) trusted(e Estimate, sides []side) Estimate {
	wild, n := 0.0, 0.0
	for _, s := range sides {
		wild, n = wild+t.wild[s.row], n+t.n[s.row]
	}
	if wild > 0 && t.size >= 3 {
		e.DF = max(e.DF, min(t.pooled.df/2, surest))
	}
	return e.widened(wild, n)
}

// surest is the most degrees of freedom that cut values give.
const surest = 5
