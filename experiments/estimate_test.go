package experiments

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A crowd has to come and go, and an interpreter to start: an estimate knows both.
func TestAnEstimateKnowsWhatATrialTakesBesideItsLoad(t *testing.T) {
	p := small(t, "goroutine")
	plain := Estimate(p, registry())
	require.InDelta(t, float64(len(p.Trials))*0.31, plain.Seconds(), .01, "warm-up, window, start and stop")
	for i := range p.Cells {
		p.Cells[i].Load.Idle = 10_000
	}
	require.InDelta(t, float64(len(p.Trials))*0.7, (Estimate(p, registry()) - plain).Seconds(), .01)
	other := small(t, "python3 mine.py {port}")
	require.Equal(t, time.Duration(len(other.Trials))*startForeign, Estimate(other, registry())-plain)
}
