package stats

import (
	"math"
	"slices"
)

// usual is how many standard deviations a value may lie from its fit. A value beyond is cut: moved to that distance, so
// that it still tells on which side it was, and no longer how far.
const usual = 2.5

// cutVariance is the variance of a standard normal value that is cut at ±usual.
const cutVariance = 0.9776

// reach is how many standard deviations one of n values may lie from their fit. With two bad values of three, the good
// one looks like the bad one; cut further out, it still widens the interval.
func reach(n float64) float64 { return max(usual, 10/n) }

// spread is the standard deviation of the residuals of a fit of so many parameters, up to half of which may be bad. A fit
// of medians runs through as many values as it has parameters, and their residuals of 0 tell nothing. It is 0 where too
// few residuals are left, or most are 0. It sorts residuals by size.
func spread(residuals []float64, parameters int) float64 {
	for i, r := range residuals {
		residuals[i] = math.Abs(r)
	}
	slices.Sort(residuals)
	if len(residuals) <= max(parameters, 0) {
		return 0
	}
	rest := residuals[max(0, parameters):]
	const share, normal = 0.4, 0.5244 // two of five normal values lie within 0.5244 standard deviations
	return rest[int(share*float64(len(rest)))] / normal
}

// cut moves the values of each row that lie further from the fit than the row's limit to that limit, until neither the
// fit nor the values change: Huber's M-estimate, by the method of modified residuals (Huber: Robust Statistics, 1981,
// sections 7.3 and 7.8).
func (f fit) cut(measured []value, limit []float64) []value {
	values := slices.Clone(measured)
	for range 100 {
		f.means(values)
		done := true
		for k, m := range measured {
			x, far := f.of(m), limit[m.row]
			x += max(-far, min(m.log-x, far))
			done = done && math.Abs(x-values[k].log) < far/2000
			values[k].log = x
		}
		if done {
			break
		}
	}
	return values
}

// wild reports whether a value was cut, and no rounding moved it.
func (v value) wild(measured value) bool { return math.Abs(v.log-measured.log) > 1e-12 }

// cutWild cuts the values of the table that lie far from their fit. The limit of a row that scatters more than the table
// follows its own scatter.
func (t *Table) cutWild() {
	measured := t.values()
	f := newFit(len(t.rows), t.blocks())
	f.polish(measured)
	all, own := make([]float64, len(measured)), make([][]float64, len(t.rows))
	for k, v := range measured {
		all[k] = v.log - f.of(v)
		own[v.row] = append(own[v.row], all[k])
	}
	if t.sd = spread(all, f.parameters()); t.sd == 0 {
		return
	}
	limit := make([]float64, len(t.rows))
	for i, r := range own {
		t.n[i] = float64(len(r))
		limit[i] = max(reach(t.n[i])*t.sd, usual*spread(r, 1))
	}
	first := len(measured) - len(t.seconds)
	for k, v := range f.cut(measured, limit) {
		if !v.wild(measured[k]) {
			continue
		}
		t.wild[v.row]++
		if k < first {
			t.rows[v.row][v.block] = v.log
		} else {
			t.seconds[k-first].Value = v.log
		}
	}
}

// widened makes up for values that were cut: the others bear the estimate alone (Huber 1981, section 7.6).
func (e Estimate) widened(wild, n float64) Estimate {
	if wild > 0 {
		e.SE /= 1 - min(wild/n, 0.9)
	}
	return e
}
