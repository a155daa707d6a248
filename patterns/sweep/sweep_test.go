package sweep_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/patterns/sweep"
)

func TestSweepVisitsInOrderAndForgetsTheGone(t *testing.T) {
	var r sweep.Ring[int]
	for i := range 5 {
		r.Add(i)
	}
	var visited []int
	visit := func(i int) sweep.Visit {
		visited = append(visited, i)
		if i%2 == 1 {
			return sweep.Gone
		}
		return sweep.Idle
	}
	r.Sweep(visit)
	r.Sweep(visit)
	require.Equal(t, []int{0, 1, 2, 3, 4, 0, 2, 4}, visited)
	require.Equal(t, 3, r.Len())
}

func TestDue(t *testing.T) {
	r := sweep.Ring[int]{Most: time.Hour}
	require.Nil(t, r.Due(), "nobody to visit: never")
	r.Add(1)
	<-r.Due() // somebody new: at once
	idle := func(int) sweep.Visit { return sweep.Idle }
	r.Sweep(idle)
	<-r.Due() // the first pause is a millisecond
	for range 20 {
		r.Sweep(idle)
	}
	select { // the pause has doubled twenty times
	case <-r.Due():
		t.Fatal("sweeps that found nothing are followed by ever longer pauses")
	default:
	}
	r.Sweep(func(int) sweep.Visit { return sweep.Busy })
	select {
	case <-r.Due():
	default:
		t.Fatal("a sweep that found something is followed by the next at once")
	}
}

// One goroutine serves two members: it never waits for one of them.
func Example() {
	inbox := map[string][]string{"ann": {"hello", "bye"}, "bob": nil}
	var r sweep.Ring[string]
	r.Add("ann")
	r.Add("bob")
	for range 2 {
		r.Sweep(func(name string) sweep.Visit {
			if len(inbox[name]) == 0 {
				fmt.Println(name, "is silent")
				return sweep.Idle
			}
			fmt.Println(name, "said", inbox[name][0])
			inbox[name] = inbox[name][1:]
			return sweep.Busy
		})
	}
	// Output:
	// ann said hello
	// bob is silent
	// ann said bye
	// bob is silent
}

// BenchmarkSweep measures visits that find nothing to do.
func BenchmarkSweep(b *testing.B) {
	var r sweep.Ring[int]
	for i := range 1000 {
		r.Add(i)
	}
	for b.Loop() {
		r.Sweep(func(int) sweep.Visit { return sweep.Idle })
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/visit")
}
