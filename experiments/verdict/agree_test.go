package verdict

import (
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
)

// Runs of the same truth with other luck say the same, and those of opposite truths are found out.
func TestAgree(t *testing.T) {
	judged := func(seed uint64, epoll float64) Analysis {
		w := newWorld(t, three+"predict: [{claim: cheaper, metric: cpu_per_request, of: {server: epoll}, against: {server: goroutine}, expect: '< 1x'}]\n", seed)
		w.truth = func(c plan.Cell) map[string]float64 {
			return map[string]float64{"cpu_per_request": map[string]float64{"goroutine": 4300, "epoll": epoll, "deadline": 8600}[c.Server]}
		}
		return w.judge(10)
	}
	x := Agree([]Analysis{judged(1, 3500), judged(2, 3500), judged(3, 3500), judged(4, 3500)})
	require.Equal(t, 2, x.Pairs)
	require.Equal(t, 6, x.Verdicts)
	require.Equal(t, 6, x.Same)
	require.Empty(t, x.Opposite)
	require.Equal(t, []string{"epoll, cpu_per_request: faster", "deadline, cpu_per_request: slower", "cheaper: holds"}, x.Always)

	x = Agree([]Analysis{judged(1, 3500), judged(2, 5000)})
	require.Equal(t, 1, x.Same)
	require.Equal(t, []string{"runs 1 and 2: epoll, cpu_per_request", "runs 1 and 2: cheaper"}, x.Opposite)
	require.Equal(t, []string{"deadline, cpu_per_request: slower"}, x.Always)

	var sum Agreement
	sum.Add("a", x)
	sum.Add("b", x)
	require.Equal(t, 1, sum.Pairs)
	require.Equal(t, 6, sum.Verdicts)
	require.Equal(t, 2, sum.Same)
	require.Equal(t, "b, runs 1 and 2: cheaper", sum.Opposite[3])
}
