package agent

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/patterns/proc"
)

// far is an agent whose clock is ahead, and whose answers take a while each way.
type far struct {
	Agent
	ahead       int64
	there, back func() time.Duration
}

func (f far) Clock(context.Context) (int64, error) {
	for until := proc.Clock() + int64(f.there()); proc.Clock() < until; {
	}
	ns := proc.Clock() + f.ahead
	for until := proc.Clock() + int64(f.back()); proc.Clock() < until; {
	}
	return ns, nil
}

// However long each way takes, an offset is wrong by no more than it says.
func TestAnOffsetIsWithinItsError(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 1))
	upTo := func(d time.Duration) func() time.Duration {
		return func() time.Duration { return time.Duration(random.Int64N(int64(d))) }
	}
	for range 200 {
		f := far{ahead: random.Int64N(int64(time.Hour)), there: upTo(20 * time.Microsecond), back: upTo(time.Microsecond)}
		if random.IntN(2) == 0 {
			f.there, f.back = f.back, f.there
		}
		o, err := ReadOffset(t.Context(), f)
		require.NoError(t, err)
		require.LessOrEqual(t, max(o.Ahead-f.ahead, f.ahead-o.Ahead), o.Within)
		require.LessOrEqual(t, o.Within, o.Trip/2+1)
	}
}

// A step of the clock is seen, and what the readings' errors and a quartz explain is none.
func TestAStepIsSeen(t *testing.T) {
	for step, set := range map[time.Duration]bool{0: false, 50 * time.Microsecond: false, 300 * time.Microsecond: true, 10 * time.Millisecond: true, -10 * time.Millisecond: true} {
		before := Offset{Ahead: 5, Within: 40_000}
		after := Offset{Ahead: 5 + int64(step), Within: 40_000, At: int64(time.Second)}
		require.Equal(t, set, before.Stepped(after) != 0, step)
	}
}
