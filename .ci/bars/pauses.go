package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/reason"
)

// Runs without a stop, for each engine and loop.
const (
	references = 10 // give the bounds of every figure
	controls   = 5  // show how often a figure is outside the bounds by chance
)

// plays is how often the same stop is played if its result reports nothing although a figure differs. The stop counts as
// missed only if a figure differs in every play, because on a busy machine some figure differs now and then.
const plays = 3

// The shortest and the longest stop.
const (
	stopFrom = 20 * time.Millisecond
	stopTo   = 2 * time.Second
)

// pauses measures whether a generator that was stopped says so each time it matters.
func (b *bars) pauses() *cobra.Command {
	var stops int
	var window time.Duration
	var seed uint64
	c := &cobra.Command{
		Use:   "pauses",
		Short: "stop a generator at random moments, and check that it says so each time it matters",
		Long: `Pauses stops the generator (SIGSTOP) at a random moment for 20 ms to 2 s, in both engines and both loops, and compares
every figure of the result with those of runs without a stop. A figure differs if it lies farther outside their range
than the range is wide, or than 2 %. A stop is missed if a figure differs in each of three plays of the same stop, and
the result does not say that the generator had no turn. It exits with 1 if a stop is missed.`,
		Example: "  go run ./.ci/bars pauses",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := new(host.Launcher).Serve(c.Context(), host.Options{Job: host.Job{Server: "goroutine"}})
			if err != nil {
				return err
			}
			defer s.End()
			chance := rand.New(rand.NewPCG(seed, 1))
			out := tabwriter.NewWriter(b.stdout, 0, 8, 2, ' ', 0)
			fmt.Fprintln(out, "engine\tloop\tstop\tat\tof the window\tsaid\tfigures shown that differ\tverdict")
			missed := 0
			var sums []string
			for _, engine := range []string{load.EngineEpoll, load.EnginePortable} {
				for _, arrivals := range []string{load.Closed, load.Poisson} {
					o := load.Options{Address: s.Address, Engine: engine, Arrivals: arrivals, Connections: 16, Warmup: 100 * time.Millisecond, Duration: window}
					if o.OpenLoop() {
						o.Rate = 4000
					}
					told, err := b.stopped(c.Context(), o, stops, chance, out)
					if err != nil {
						return err
					}
					missed += told.missed
					sums = append(sums, fmt.Sprintf("%s, %s: %v", engine, arrivals, told))
				}
			}
			if err := out.Flush(); err != nil {
				return err
			}
			fmt.Fprintln(b.stdout, strings.Join(sums, "\n"))
			if missed > 0 {
				return errMissed
			}
			return nil
		},
	}
	c.Flags().IntVar(&stops, "stops", 50, "number of stops in each engine and loop")
	c.Flags().DurationVar(&window, "window", 700*time.Millisecond, "measured time of each run")
	c.Flags().Uint64Var(&seed, "seed", 1, "seed of the moments and lengths of the stops")
	return c
}

// stopSum counts the stops of one engine and loop by their outcome.
type stopSum struct{ stops, invalid, warned, silent, missed, chance int }

func (s stopSum) String() string {
	return fmt.Sprintf("%d stops: %d invalid, %d reported as a warning, %d not reported and nothing differs, %d missed; of %d runs without a stop, %d differ",
		s.stops, s.invalid, s.warned, s.silent, s.missed, controls, s.chance)
}

// stopped plays o with and without stops and writes a line for each stop.
func (b *bars) stopped(ctx context.Context, o load.Options, stops int, chance *rand.Rand, out *tabwriter.Writer) (stopSum, error) {
	bounds := map[string][2]float64{}
	sum := stopSum{stops: stops}
	for n := range references + controls {
		r, err := playStopped(ctx, o, 0, 0)
		switch {
		case err != nil:
			return sum, err
		case n >= references:
			if len(beyondBounds(r, bounds)) > 0 {
				sum.chance++
			}
			continue
		}
		for name, value := range r.Metrics {
			low, high := value, value
			if seen, ok := bounds[name]; ok {
				low, high = min(low, seen[0]), max(high, seen[1])
			}
			bounds[name] = [2]float64{low, high}
		}
	}
	for range stops {
		stop := stopFrom << chance.IntN(7)
		stop = min(stopTo, stop+time.Duration(chance.Int64N(int64(stop))))
		at := -o.Warmup + time.Duration(chance.Int64N(int64(o.Warmup+o.Duration+100*time.Millisecond)))
		r, err := playStopped(ctx, o, at, stop)
		if err != nil {
			return sum, err
		}
		differ, silent := beyondBounds(r, bounds), !r.Reasons.Has(reason.Pause)
		for n := 1; n < plays && silent && len(differ) > 0; n++ { // an effect of the stop would show again
			again, err := playStopped(ctx, o, at, stop)
			if err != nil {
				return sum, err
			}
			more := beyondBounds(again, bounds)
			differ = slices.DeleteFunc(differ, func(name string) bool { return !slices.Contains(more, name) })
		}
		share := max(0, min(at+stop, o.Duration)-max(at, 0)).Seconds() / o.Duration.Seconds()
		said, verdict := "nothing", "nothing differs"
		switch {
		case !silent && !r.Valid:
			said, verdict, differ = "invalid", "reported", nil // the figures of an invalid trial are not used
			sum.invalid++
		case !silent:
			said, verdict = "warning", "reported"
			sum.warned++
		case len(differ) > 0:
			verdict = "MISSED"
			sum.missed++
		default:
			sum.silent++
		}
		fmt.Fprintf(out, "%s\t%s\t%v\t%v\t%.0f %%\t%s\t%s\t%s\n", o.Engine, o.Arrivals, stop.Round(time.Millisecond), at.Round(time.Millisecond), 100*share, said,
			cmp.Or(strings.Join(differ, " "), "-"), verdict)
	}
	return sum, nil
}

// playStopped plays o in a process that is stopped for the time stop, beginning at the time at after the start of its
// window. With a stop of 0 it is not stopped.
func playStopped(ctx context.Context, o load.Options, at, stop time.Duration) (*load.Result, error) {
	g, err := load.Start(nil)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	generator, err := os.FindProcess(g.PID())
	if err != nil {
		return nil, err
	}
	if stop > 0 {
		o.Ready = func(w load.Window) {
			time.AfterFunc(time.Until(w.Start.Add(at)), func() {
				generator.Signal(syscall.SIGSTOP)
				time.Sleep(stop)
				generator.Signal(syscall.SIGCONT)
			})
		}
	}
	return g.Play(ctx, o)
}

// beyondBounds names the figures of a result that differ from those of the runs that gave the bounds.
func beyondBounds(r *load.Result, bounds map[string][2]float64) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(r.Metrics)) {
		family, _, _ := strings.Cut(name, ".")
		if slices.Contains([]string{metric.SendLag, metric.Connect, metric.ClientCPU, metric.OfferedRate}, family) {
			continue // figures of the generator itself, and of the time before the window
		}
		low, high := bounds[name][0], bounds[name][1]
		room := max(high-low, high/50)
		if value := r.Metrics[name]; value < low-room || value > high+room {
			names = append(names, name)
		}
	}
	return names
}
