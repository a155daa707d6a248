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
	require.InDelta(t, float64(len(p.Trials))*0.26, plain.Seconds(), .01, "warm-up, window, start and stop")
	for i := range p.Cells {
		p.Cells[i].Load.Idle = 10_000
	}
	require.InDelta(t, float64(len(p.Trials))*0.7, (Estimate(p, registry()) - plain).Seconds(), .01)
	full := small(t, "pool")
	for i := range full.Cells {
		full.Cells[i].Load.Idle = full.Cells[i].Config.Pool() + 1
	}
	require.InDelta(t, float64(len(full.Trials))*2.26, Estimate(full, registry()).Seconds(), .01, "idle clients wait for an answer that never comes")
	for i := range full.Cells {
		full.Cells[i].Load.Idle = full.Cells[i].Config.Pool() + backlog + 1
		full.Cells[i].Config.Protocol.Work.Wait = time.Millisecond
	}
	crowded := Estimate(full, registry())
	for i := range full.Cells {
		full.Cells[i].Load.Idle--
	}
	require.InDelta(t, float64(len(full.Trials))*8, (crowded - Estimate(full, registry())).Seconds(), .01, "they ask nothing, and cannot even connect")
	other := small(t, "python3 mine.py {port}")
	require.Equal(t, time.Duration(len(other.Trials))*startForeign, Estimate(other, registry())-plain)
}
