package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// simulated is a run whose truth is known: all cells are equal, blocks share their luck, and every
// value scatters by its row's standard deviation.
type simulated struct {
	random  *rand.Rand
	sd      []float64 // of each row
	bad     float64   // share of the values that are larger by 40 %
	rows    [][]float64
	seconds []Second
}

func newSimulated(seed uint64, sd ...float64) *simulated {
	return &simulated{random: rand.New(rand.NewPCG(seed, 1)), sd: sd, rows: make([][]float64, len(sd))}
}

func (s *simulated) block() {
	luck := 0.05 * s.random.NormFloat64()
	value := func(i int) float64 {
		v := 4000 * math.Exp(luck+s.sd[i]*s.random.NormFloat64())
		if s.bad > 0 && s.random.Float64() < s.bad {
			v *= 1.4
		}
		return v
	}
	b := len(s.rows[0])
	for i := range s.rows {
		s.rows[i] = append(s.rows[i], value(i))
	}
	s.seconds = append(s.seconds, Second{Row: 0, Block: b, Value: value(0)})
}

func same(n int, sd float64) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = sd
	}
	return all
}

// misses counts the comparisons with row 0 whose interval does not hold the truth, which is 0.
func misses(t *Table, rows int) (n int) {
	for i := 1; i < rows; i++ {
		if low, high := t.Compare(i, 0).Interval(); low > 0 || high < 0 {
			n++
		}
	}
	return n
}

const comparisons = 10_000

// A 95 % interval may be wrong in 5 of 100 comparisons. 10,000 are simulated for each kind of run.
func TestIntervalsKeepTheirWord(t *testing.T) {
	for _, rows := range []int{2, 5, 15} {
		for _, blocks := range []int{3, 8, 16} {
			t.Run(fmt.Sprintf("%d cells, %d blocks", rows, blocks), func(t *testing.T) {
				t.Parallel()
				wrong, all := 0, 0
				for seed := uint64(0); all < comparisons; seed++ {
					s := newSimulated(seed, same(rows, 0.025)...)
					for range blocks {
						s.block()
					}
					wrong += misses(NewTable(s.rows, s.seconds), rows)
					all += rows - 1
				}
				t.Logf("%.2f %% of %d comparisons are wrong", 100*float64(wrong)/float64(all), all)
				require.LessOrEqual(t, float64(wrong)/float64(all), 0.055)
			})
		}
	}
}

// The blocks of a run are not fixed: it goes on until the primary interval is narrow. Stopping there
// prefers runs that look quieter than they are, so that the errors must be counted with the rule.
func TestIntervalsKeepTheirWordWithTheStoppingRule(t *testing.T) {
	type setting struct {
		rows    int
		sd, bad float64
	}
	settings := []setting{{2, 0.02, 0.08}, {5, 0.012, 0.08}, {5, 0.02, 0.08}}
	for _, rows := range []int{2, 3, 5} {
		for _, sd := range []float64{0.012, 0.018, 0.022, 0.025, 0.03, 0.04} {
			settings = append(settings, setting{rows, sd, 0})
		}
	}
	for _, run := range settings {
		t.Run(fmt.Sprintf("%d cells, sd %.3f, %.0f of 100 bad", run.rows, run.sd, 100*run.bad), func(t *testing.T) {
			t.Parallel()
			wrong, all, blocks, runs := 0, 0, 0, 0
			for seed := uint64(1000); all < comparisons; seed++ {
				s := newSimulated(seed, same(run.rows, run.sd)...)
				s.bad = run.bad
				var table *Table
				for n := 1; n <= 30; n++ {
					s.block()
					if n < 8 {
						continue
					}
					table = NewTable(s.rows, s.seconds)
					widest := 0.0
					for i := 1; i < run.rows; i++ {
						widest = max(widest, table.Compare(i, 0).Half())
					}
					if widest <= 0.02 {
						break
					}
				}
				wrong += misses(table, run.rows)
				all += run.rows - 1
				blocks += len(s.rows[0])
				runs++
			}
			t.Logf("%.2f %% of %d comparisons are wrong, after %.1f blocks", 100*float64(wrong)/float64(all), all, float64(blocks)/float64(runs))
			require.LessOrEqual(t, float64(wrong)/float64(all), 0.055)
		})
	}
}

// One design may scatter more than all others: its own comparisons must not profit from their calm.
func TestARestlessRowIsJudgedByItself(t *testing.T) {
	for _, blocks := range []int{5, 8, 16} {
		t.Run(fmt.Sprintf("%d blocks", blocks), func(t *testing.T) {
			t.Parallel()
			const rows = 6
			wrong := 0
			half, halfAlone := 0.0, 0.0
			const runs = 4000
			for seed := range uint64(runs) {
				sd := same(rows, 0.02)
				sd[rows-1] = 0.08
				s := newSimulated(seed, sd...)
				for range blocks {
					s.block()
				}
				table := NewTable(s.rows, s.seconds)
				if low, high := table.Compare(rows-1, 0).Interval(); low > 0 || high < 0 {
					wrong++
				}
				half += table.Compare(1, 0).Half()
				halfAlone += NewTable(s.rows[:rows-1], s.seconds).Compare(1, 0).Half()
			}
			t.Logf("%.2f %% wrong; the calm rows' intervals are %.2f times as wide as without it", 100*float64(wrong)/runs, half/halfAlone)
			require.LessOrEqual(t, float64(wrong)/runs, 0.085, "four times the scatter of the rest")
			require.LessOrEqual(t, half/halfAlone, 1.25)
		})
	}
}
