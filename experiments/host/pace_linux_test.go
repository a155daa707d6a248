package host

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/patterns/proc"
)

// A thread that waits for another has no turn for it, where both CPUs are busy: it does not wait for long.
func TestEveryCPUHasAPace(t *testing.T) {
	placed, err := NewPlacement(Shared)
	require.NoError(t, err)
	cpus := placed.Paced()
	var paces map[string]time.Duration
	done := make(chan struct{})
	go func() {
		defer close(done)
		paces = Pace(cpus)
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("it hangs")
	}
	for _, cpu := range cpus {
		require.Positive(t, paces[fmt.Sprintf("cpu%d", cpu)])
	}
	for what, pace := range paces { // the way between two CPUs is absent while one of them has no turn
		require.Regexp(t, `^cpu\d+(-loopback|-cpu\d+(-wake)?)?$`, what)
		require.Positive(t, pace)
	}
	require.Empty(t, Pace(nil))
	require.Empty(t, Pace([]int{slices.Max(proc.CPUs()) + 1}), "a CPU that this process may not use is absent")
}

// A pace leaves nothing behind: its goroutines end (goleak guards the tests of this package), it keeps no descriptor, and the
// caller runs where it ran.
func TestAPaceLeavesNothingBehind(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := proc.CPUsOf(unix.Gettid())
	require.NoError(t, err)
	open := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(list)
	}
	Pace(before)
	descriptors, goroutines := open(), runtime.NumGoroutine()
	for range 20 {
		Pace(before)
	}
	require.LessOrEqual(t, open(), descriptors)
	require.LessOrEqual(t, runtime.NumGoroutine(), goroutines)
	after, err := proc.CPUsOf(unix.Gettid())
	require.NoError(t, err)
	require.Equal(t, before, after)
}

// BenchmarkPace says for how long a trial waits for a pace, twice.
func BenchmarkPace(b *testing.B) {
	placed, err := NewPlacement(Shared)
	require.NoError(b, err)
	for b.Loop() {
		Pace(placed.Paced())
	}
}
