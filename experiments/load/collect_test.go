package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The worst p99 of any connection is that of its only one: what was never answered is in it as it is in all of them.
func TestTheWorstConnectionIsNoBetterThanTheOnlyOne(t *testing.T) {
	for _, age := range []time.Duration{1342 * time.Millisecond, 9 * time.Second} {
		b := newRecorder(Options{Duration: 20 * time.Second}.WithDefaults(), 0, 1)
		b.start, b.end = 0, int64(20*time.Second)
		for k := range int64(1100) {
			b.done(0, Sample{Intended: k, Sent: k, Done: k + int64(time.Millisecond)}, false, true)
		}
		for range 50 {
			b.unansweredAt(0, Sample{Sent: 0}, int64(age))
		}
		worst, ok := worstP99(b.clients)
		require.True(t, ok)
		require.GreaterOrEqual(t, worst, float64(age))
		require.LessOrEqual(t, worst, 1.5*float64(age))
	}
}
