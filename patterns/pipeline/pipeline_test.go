package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/patterns/pipeline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// upTo returns a source of the numbers below n.
func upTo(n int) func() (int, bool) {
	i := -1
	return func() (int, bool) {
		i++
		return i, i < n
	}
}

func Example() {
	words := []string{"read", "transform", "write"}
	p := pipeline.New(context.Background())
	read := pipeline.Source(p, 1, func() (word string, more bool) {
		if len(words) == 0 {
			return "", false
		}
		word, words = words[0], words[1:]
		return word, true
	})
	upper := pipeline.Stage(p, read, 1, func(word string) (string, error) { return strings.ToUpper(word), nil })
	pipeline.Sink(p, upper, func(word string) error {
		fmt.Println(word)
		return nil
	})
	fmt.Println(p.Wait())
	// Output:
	// READ
	// TRANSFORM
	// WRITE
	// <nil>
}

func TestItemsKeepTheirOrder(t *testing.T) {
	p := pipeline.New(t.Context())
	double := pipeline.Stage(p, pipeline.Source(p, 2, upTo(1000)), 3, func(i int) (int, error) { return 2 * i, nil })
	want := 0
	pipeline.Sink(p, double, func(i int) error {
		require.Equal(t, want, i)
		want += 2
		return nil
	})
	require.NoError(t, p.Wait())
	require.Equal(t, 2000, want)
}

// The results of a stage from before its failure still reach the sink, and no stage stays blocked.
func TestAFailedStageStopsTheSourceAndLosesNothingBehindIt(t *testing.T) {
	broken := errors.New("broken")
	p := pipeline.New(t.Context())
	made := 0
	source := pipeline.Source(p, 0, func() (int, bool) { made++; return made, true }) // for ever
	some := pipeline.Stage(p, source, 0, func(i int) (int, error) {
		if i > 3 {
			return 0, broken
		}
		return i, nil
	})
	var got []int
	pipeline.Sink(p, some, func(i int) error { got = append(got, i); return nil })
	require.ErrorIs(t, p.Wait(), broken)
	require.Equal(t, []int{1, 2, 3}, got)
}

func TestAFailedSinkEndsThePipeline(t *testing.T) {
	broken := errors.New("broken")
	p := pipeline.New(t.Context())
	source := pipeline.Source(p, 4, func() (int, bool) { return 0, true })
	pipeline.Sink(p, pipeline.Stage(p, source, 4, func(i int) (int, error) { return i, nil }),
		func(int) error { return broken })
	require.ErrorIs(t, p.Wait(), broken)
	require.Error(t, p.Context().Err())
}

// A sink that does not receive blocks the source: this is the back-pressure.
func TestASlowSinkHoldsUpTheSource(t *testing.T) {
	const depth = 2
	p := pipeline.New(t.Context())
	made, goOn := make(chan int, 100), make(chan struct{})
	next := upTo(50)
	source := pipeline.Source(p, depth, func() (int, bool) {
		i, more := next()
		made <- i
		return i, more
	})
	first := make(chan struct{}, 50)
	pipeline.Sink(p, source, func(int) error {
		first <- struct{}{}
		<-goOn
		return nil
	})
	<-first
	// One item is in the sink, depth items wait, the source holds one and may be making one more.
	require.LessOrEqual(t, len(made), depth+3)
	close(goOn)
	require.NoError(t, p.Wait())
}

func BenchmarkStage(b *testing.B) {
	p := pipeline.New(b.Context())
	left := b.N
	source := pipeline.Source(p, 1, func() (int, bool) { left--; return left, left >= 0 })
	pipeline.Sink(p, source, func(int) error { return nil })
	p.Wait()
}
