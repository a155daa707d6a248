package verdict

import (
	"fmt"
	"math"

	"socketbench/experiments/result"
	"socketbench/experiments/stats"
	"socketbench/servers"
)

// Pairs compares the first cell of a run with the second, the third with the fourth, and so on, each
// pair for itself. It is for runs whose cells are equal in all but name: what differs there differs by
// accident, and more than one in twenty may not. Pairs without
// two valid trials each are left out.
func Pairs(run result.Run, metric string, registry servers.Registry) (list []Comparison, err error) {
	j, err := laidOut(run, registry)
	if err != nil {
		return nil, err
	}
	t := j.table(metric)
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
		return nil, fmt.Errorf("verdict: no pair has two valid trials each for %s; see socketbench doctor", metric)
	}
	return list, nil
}
