package verdict

import (
	"fmt"
	"math"

	"socketbench/experiments/result"
	"socketbench/experiments/stats"
)

// Pairs compares the first cell of a run with the second, the third with the fourth, and so on, each pair for itself.
// It is for runs whose cells are equal in all but name: there every difference is an accident, and at most one pair in
// twenty may show one. It leaves out pairs without two valid trials each.
func Pairs(run result.Run, name string) (list []Comparison, err error) {
	j, err := newJudge(run)
	if err != nil {
		return nil, err
	}
	t := j.table(name)
	for i := 0; i+1 < len(j.cells); i += 2 {
		c, _ := t.compare(i+1, i)
		e := t.stats.Compare(i+1, i)
		if e.N < 2 {
			continue
		}
		c.P = e.P(0)
		c.Word = Tie
		if c.P < 1-stats.Level {
			c.Word = Faster
			if math.Log(c.Ratio) > 0 {
				c.Word = Slower
			}
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("verdict: no pair has two valid trials each for %s; see socketbench doctor", name)
	}
	return list, nil
}
