package host

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What is busy is what is not idle, on the CPUs that are asked about: a CPU whose time the hypervisor took is busy.
func TestWhatCPUsDidBetweenTwoReadings(t *testing.T) {
	const s = time.Second
	const now = 20 * s
	a := Machine{At: now, CPUs: map[int]CPU{0: {Idle: 5 * s}, 1: {Idle: 7 * s, SoftIRQ: 1 * s, Steal: 2 * s}}}
	b := Machine{At: now + 10*s, CPUs: map[int]CPU{0: {Idle: 15 * s}, 1: {Idle: 10 * s, SoftIRQ: 2 * s, Steal: 5 * s}}}
	require.Zero(t, b.BusySince(a, []int{0}))
	require.Equal(t, 7*s, b.BusySince(a, []int{1}))
	require.Equal(t, 7*s, b.BusySince(a, []int{0, 1}))
	require.Equal(t, 3*s, b.StolenSince(a, []int{0, 1}))
	require.Equal(t, 1*s, b.SoftIRQSince(a, []int{1}))
	b.CPUs[0] = CPU{Idle: 15*s + 10*time.Millisecond} // the kernel's steps
	require.Zero(t, b.BusySince(a, []int{0}))

	used := Usage{Wait: 5 * s, Waits: true, Involuntary: 3}.Since(Usage{Wait: 2 * s, Waits: true, Involuntary: 5})
	require.Equal(t, 3*s, used.Wait)
	require.True(t, used.Waits)
	require.Zero(t, used.Involuntary, "a thread has ended")
	require.False(t, Usage{Waits: true}.Since(Usage{}).Waits)
}
