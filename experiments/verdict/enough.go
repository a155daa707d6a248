package verdict

import (
	"fmt"
	"math"

	"socketbench/experiments/stats"
	"socketbench/experiments/unit"
)

// mostBlocks is how many a plan may have.
const mostBlocks = 1000

// enough says how many blocks a run needs so that an interval no longer reaches a bound at a distance from its centre,
// if the scatter stays as it is. sd is the standard deviation of one trial. have is the number of trials in each group, and
// blocks the number of blocks that they are from.
func enough(distance, sd float64, have, groups, blocks int) string {
	if !(distance > 0) || math.IsInf(sd, 0) || math.IsNaN(sd) {
		return needsBlocks
	}
	n := max(have+1, 3)
	for ; n <= mostBlocks; n++ {
		e := stats.Estimate{SE: sd / math.Sqrt(float64(n)), DF: float64(groups * (n - 1))}
		if e.Half() < distance {
			break
		}
	}
	each := ""
	if groups > 1 {
		each = " in each run"
	}
	if n > mostBlocks {
		return fmt.Sprintf("the figure is too close to the bound for %s blocks to tell; choose a wider bound, or a quieter machine", unit.Count(mostBlocks))
	}
	need := (n*blocks + have - 1) / have // an A/A pair has two trials a block
	return fmt.Sprintf("about %d blocks%s would tell (there are %d): --blocks %d", need, each, blocks, need)
}
