package verdict

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// climbed plays a whole search on a machine whose answers are given, and returns it.
func climbed(t require.TestingT, c climb, play func(n int, times float64) (holds, spoilt bool)) *climb {
	for n := 0; ; n++ {
		times, more := c.next()
		if !more {
			return &c
		}
		require.Less(t, n, MostPushes)
		require.GreaterOrEqual(t, times, 1.0)
		require.LessOrEqual(t, times, c.most)
		if holds, spoilt := play(n, times); spoilt {
			c.noteSpoilt()
		} else {
			c.note(times, holds)
		}
	}
}

// On a machine that takes exactly so many times the load, the search finds it: what it names as met is met and was played
// twice, what it names as failing fails, and the two lie close to each other.
func TestTheSearchFindsWhatIsTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		takes := rapid.Float64Range(0.2, 30).Draw(t, "takes")
		known := takes >= 1 && rapid.Bool().Draw(t, "known")
		c := climbed(t, climb{most: MostTimes, known: known}, func(_ int, times float64) (bool, bool) { return times <= takes, false })
		low, high := c.between()
		require.LessOrEqual(t, low.times, takes)
		switch {
		case takes < 1:
			require.Zero(t, low.times)
			require.Equal(t, step{times: 1, fails: playsToCount}, high)
		case takes >= MostTimes:
			require.EqualValues(t, MostTimes, low.times)
			require.Zero(t, high.times)
		default:
			require.Greater(t, high.times, takes)
			apart := 1.2 // the gap of the doubling, halved twice
			if !known {
				apart = 1.42 // the load asked takes a trial itself
			}
			require.LessOrEqual(t, high.times, apart*low.times)
		}
		if low.times > 1 || low.times == 1 && !known {
			require.GreaterOrEqual(t, low.holds, playsToCount)
		}
	})
}

// One trial that fails by chance costs one doubling at most.
func TestOneTrialThatFailsByChanceIsNotTheAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		takes := rapid.Float64Range(1.5, 12).Draw(t, "takes")
		chance := rapid.IntRange(0, MostPushes-1).Draw(t, "chance")
		c := climbed(t, climb{most: MostTimes, known: true}, func(n int, times float64) (bool, bool) { return times <= takes && n != chance, false })
		low, _ := c.between()
		require.LessOrEqual(t, low.times, takes)
		require.GreaterOrEqual(t, low.times, takes/2.4) // it may be the last trial, the second of the load that was met
	})
}

// A trial that the machine spoilt is played again; after three of them the search ends with what it has.
func TestSpoiltTrialsArePlayedAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		takes := rapid.Float64Range(1, 30).Draw(t, "takes")
		spoilt := rapid.SliceOfNDistinct(rapid.IntRange(0, MostPushes-1), 0, 5, rapid.ID[int]).Draw(t, "spoilt")
		c := climbed(t, climb{most: MostTimes, known: true}, func(n int, times float64) (bool, bool) {
			for _, s := range spoilt {
				if s == n {
					return false, true
				}
			}
			return times <= takes, false
		})
		low, high := c.between()
		require.LessOrEqual(t, c.spoilt, mostSpoiltPushes)
		require.LessOrEqual(t, low.times, takes)
		if high.times > 0 {
			require.Greater(t, high.times, takes)
		}
	})
}

// A search that may go no further than a condition before it ends there, and plays nothing where that is the load asked.
func TestTheSearchEndsAtItsMost(t *testing.T) {
	holds := func(int, float64) (bool, bool) { return true, false }
	c := climbed(t, climb{most: 2.5, known: true}, holds)
	low, _ := c.between()
	require.Equal(t, step{times: 2.5, holds: 2}, low)
	require.Zero(t, climbed(t, climb{most: 1, known: true}, holds).plays)
	c = climbed(t, climb{most: 1}, holds)
	low, _ = c.between()
	require.Equal(t, step{times: 1, holds: 2}, low)
}
