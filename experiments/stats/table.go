package stats

import "math"

// Table is one metric of a whole run: a row for each cell, a column for each block, the values as logarithms. What all
// cells of a block have in common, such as a slow minute of the machine, cancels in comparisons within the block. The
// rest is scatter, which is estimated from all rows that scatter alike. Values that lie far from what their row and
// their block let expect are moved to the edge of what is usual; see cutWild.
type Table struct {
	rows    [][]float64 // logarithms; NaN where there is none
	seconds []Second    // in logarithms too
	sd      float64     // of one value about its row and its block, whatever bad values there are; 0 where unknown
	n, wild []float64   // of each row, how many values it has, and how many of them were cut
	alike   []bool      // rows that are in the pool, because they scatter alike
	pooled  scatter     // of the rows in the pool
	size    int         // rows in the pool
	own     []scatter   // of each row
}

// Second is the second figure of an A/A pair: the same cell, measured again within one block.
type Second struct {
	Row, Block int
	Value      float64
}

// NewTable makes a table of rows[cell][block], with NaN where there is no value. Values that are not positive have no
// logarithm, and count as missing. All rows must have the same length.
func NewTable(rows [][]float64, seconds []Second) *Table {
	t := &Table{
		rows: make([][]float64, len(rows)), n: make([]float64, len(rows)), wild: make([]float64, len(rows)),
		alike: make([]bool, len(rows)), own: make([]scatter, len(rows)),
	}
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
	t.cutWild()
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

// value is one observation of the fit.
type value struct {
	row, block int
	log        float64
}

// values lists all observations, those of the rows first. Second trials are among them: they belong to the same cell,
// and tell as much about its scatter as the first ones.
func (t *Table) values() []value {
	most := len(t.seconds)
	for _, row := range t.rows {
		most += len(row)
	}
	values := make([]value, 0, most)
	for i, row := range t.rows {
		for b, v := range row {
			if !math.IsNaN(v) {
				values = append(values, value{i, b, v})
			}
		}
	}
	for _, w := range t.seconds {
		values = append(values, value{w.Row, w.Block, w.Value})
	}
	return values
}

// blocks is the number of columns.
func (t *Table) blocks() int {
	if len(t.rows) == 0 {
		return 0
	}
	return len(t.rows[0])
}
