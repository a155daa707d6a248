package verdict

import (
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sync/errgroup"

	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/stats"
	"socketbench/servers"
)

// Bounds of what is said.
const (
	least     = 0.02 // differences below it are a tie, however quiet the run was
	fewBlocks = 8    // a run with fewer ranks nothing within coarse
	coarse    = 0.10
	near      = 0.05 // no run, however noisy, calls equal what may differ by more
)

// margin is within which log-ratio two figures are called equal. It follows the noise of the run only so
// far: if it had no end, the noisier a run, the more of it would be a tie.
func margin(floor float64) float64 {
	return max(math.Log1p(least), min(floor, math.Log1p(near)))
}

// Judge works out what can be concluded from a run. registry tells what the designs promise; servers
// that are not in it are taken as they come. It reads the histograms of the run.
func Judge(run result.Run, registry servers.Registry) (Analysis, error) {
	e, err := spec.Parse("manifest.json", []byte(run.Manifest.Spec), nil)
	if err != nil {
		return Analysis{}, fmt.Errorf("verdict: the experiment kept in %s: %w", run.Dir, err)
	}
	j, err := newJudge(e, run, registry)
	if err != nil {
		return Analysis{}, err
	}
	a := Analysis{Manifest: run.Manifest, Experiment: e, Floor: map[string]Floor{}}
	a.Invalid, a.Warnings = problems(run.Trials)
	for i := range j.cells {
		a.Cells = append(a.Cells, j.cells[i].Cell)
	}
	for _, m := range j.metrics() {
		t := j.table(m)
		if f, ok := t.floor(); ok {
			a.Floor[m] = f
		}
		a.Families = append(a.Families, t.families()...)
	}
	for _, p := range e.Predict {
		a.Predictions = append(a.Predictions, j.predict(p))
	}
	a.Notes = slices.Clone(run.Manifest.NotMeasured)
	for _, u := range run.Manifest.Unasked {
		a.Notes = append(a.Notes, fmt.Sprintf("%s%s was not asked: %s", u.Cell.Server(), place(u.Cell), u.Why))
	}
	if j.blocks < fewBlocks {
		a.Notes = append(a.Notes, fmt.Sprintf("%s: nothing within 10 %% is ranked; --blocks %d tells finer differences", plural(j.blocks, "block"), fewBlocks))
	}
	return a, nil
}

// problems lists the trials that were not used, and those that were with a warning.
func problems(trials []result.Trial) (invalid, warned []Problem) {
	for _, t := range trials {
		p := Problem{Cell: t.Cell, Block: t.Block}
		w := p
		for _, r := range t.Reasons {
			if text, ok := strings.CutPrefix(r, result.Warning); ok {
				w.Reasons = append(w.Reasons, text)
			} else {
				p.Reasons = append(p.Reasons, r)
			}
		}
		if !t.Valid {
			invalid = append(invalid, p)
		}
		if len(w.Reasons) > 0 {
			warned = append(warned, w)
		}
	}
	return invalid, warned
}

// judge is a run laid out as cells and blocks.
type judge struct {
	exp      spec.Experiment
	manifest result.Manifest
	registry servers.Registry
	cells    []cell
	byKey    map[string]int
	unasked  map[string]string // why a cell was not run, by its key
	blocks   int
}

// cell is one cell with its valid trials.
type cell struct {
	Cell
	trials map[int]result.Trial // the first ones, by block
	twins  []result.Trial       // the second ones
}

func newJudge(e spec.Experiment, run result.Run, registry servers.Registry) (*judge, error) {
	j := layOut(e, run.Trials)
	j.manifest, j.registry = run.Manifest, registry
	j.unasked = map[string]string{}
	for _, u := range run.Manifest.Unasked {
		j.unasked[u.Cell.Key()] = u.Why
	}
	var work errgroup.Group // most of the time goes into unpacking histograms
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i := range j.cells {
		work.Go(func() error { return j.cells[i].summarize(run) })
	}
	return j, work.Wait()
}

// layOut sorts trials into the cells of their experiment.
func layOut(e spec.Experiment, trials []result.Trial) *judge {
	j := &judge{exp: e, byKey: map[string]int{}}
	for _, server := range e.Servers {
		e.Combinations(func(where map[string]any, _ spec.Experiment) bool {
			id := result.Cell(maps.Clone(where))
			id["server"] = server
			j.byKey[id.Key()] = len(j.cells)
			j.cells = append(j.cells, cell{Cell: Cell{ID: id}, trials: map[int]result.Trial{}})
			return true
		})
	}
	for _, t := range trials {
		j.blocks = max(j.blocks, t.Block+1)
		i, known := j.byKey[t.Cell.Key()]
		if !known || !t.Valid {
			continue
		}
		if t.Label == "B" {
			j.cells[i].twins = append(j.cells[i].twins, t)
		} else {
			j.cells[i].trials[t.Block] = t
		}
	}
	return j
}

// all returns the trials of the cell in the order of their blocks, second ones last.
func (c *cell) all() []result.Trial {
	list := make([]result.Trial, 0, len(c.trials)+len(c.twins))
	for _, b := range slices.Sorted(maps.Keys(c.trials)) {
		list = append(list, c.trials[b])
	}
	return append(list, c.twins...)
}

// quantiles are the metrics that are read from merged histograms.
var quantiles = map[string]float64{"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}

// summarize fills in the cell's figures.
func (c *cell) summarize(run result.Run) error {
	trials := c.all()
	c.Trials = len(trials)
	values := map[string][]float64{}
	bound, atLeast := false, math.Inf(1)
	merged := map[string][]*hdrhistogram.PackedHistogram{}
	for _, t := range trials {
		for name, v := range t.Metrics {
			values[name] = append(values[name], v)
		}
		bound = bound || t.LowerBound
		if t.AtLeast > 0 {
			atLeast = min(atLeast, t.AtLeast)
		}
		h, err := run.Histograms(t)
		if err != nil {
			return err
		}
		for name, one := range map[string]*hdrhistogram.PackedHistogram{"latency": h.Response, "service": h.Service, "connect": h.Connect, "send_lag": h.Lag} {
			if one != nil {
				merged[name] = append(merged[name], one)
			}
		}
	}
	sums := map[string]*hdrhistogram.Histogram{}
	for name, list := range merged {
		sums[name] = stats.Merge(list)
	}
	c.Response = sums["latency"]
	c.Metrics = make(map[string]Summary, len(values))
	for name, list := range values {
		s := summary(list)
		s.LowerBound = bound && speed(name)
		family, part, _ := strings.Cut(name, ".")
		if q, ok := quantiles[part]; ok && sums[family] != nil && sums[family].TotalCount() > 0 {
			p := stats.At(sums[family], q)
			s = s.around(p.Value)
			s.TooFew = p.TooFew
		}
		if family == "latency" && part != "mean" {
			s.AtLeast = aged(s.Center, atLeast)
		}
		c.Metrics[name] = s.within(name)
	}
	c.fromAll(sums, atLeast)
	return nil
}

// aged reports whether a percentile reaches into the ages of unanswered requests; histograms keep three
// figures.
func aged(value, atLeast float64) bool { return value >= atLeast*(1-0.001) }

// fromAll adds percentiles that no trial has by itself, for want of requests, and all of them together
// have. Nothing is known about their scatter.
func (c *cell) fromAll(sums map[string]*hdrhistogram.Histogram, atLeast float64) {
	for family, h := range sums {
		for part, q := range quantiles {
			name := family + "." + part
			if _, known := result.MetricByName(name); !known || h == nil || h.TotalCount() == 0 {
				continue
			}
			if _, has := c.Metrics[name]; has {
				continue
			}
			if p := stats.At(h, q); !p.TooFew {
				c.Metrics[name] = Summary{Center: p.Value, AtLeast: family == "latency" && aged(p.Value, atLeast)}
			}
		}
	}
}

// summary is the median of values and its interval: from 20 values on by resampling, before that from
// Student's t on logarithms, or on the values where one is not positive. The median of normal values
// scatters 1.25 times as much as their mean.
func summary(values []float64) Summary {
	s := Summary{Center: stats.Median(values), N: len(values)}
	if len(values) < 2 {
		return s
	}
	if low, high, err := stats.BootstrapMedian(values); err == nil {
		s.Low, s.High = low, high
		return s
	}
	wider := math.Sqrt(math.Pi / 2)
	if slices.Min(values) > 0 {
		logs := make([]float64, len(values))
		for i, v := range values {
			logs[i] = math.Log(v)
		}
		factor := math.Exp(wider * stats.Mean(logs).Half())
		s.Low, s.High = s.Center/factor, s.Center*factor
		return s
	}
	half := wider * stats.Mean(values).Half()
	s.Low, s.High = s.Center-half, s.Center+half
	return s
}

// around moves a summary to another centre with the same relative interval.
func (s Summary) around(center float64) Summary {
	if s.Center > 0 && s.N >= 2 {
		s.Low, s.High = s.Low*center/s.Center, s.High*center/s.Center
	}
	s.Center = center
	return s
}

// within leaves out of an interval what the metric cannot be: none is below 0, and no index above 1.
func (s Summary) within(metric string) Summary {
	s.Low = max(s.Low, 0)
	if metric == "fairness" {
		s.High = min(s.High, 1)
	}
	return s
}

// interval is the summary's; without end where there is none.
func (s Summary) interval() (low, high float64) {
	if s.N < 2 {
		return math.Inf(-1), math.Inf(1)
	}
	if s.AtLeast {
		return s.Low, math.Inf(1)
	}
	return s.Low, s.High
}

// metrics lists what any trial has, in the order of reports, errors last.
func (j *judge) metrics() (names []string) {
	seen := map[string]bool{}
	for i := range j.cells {
		for name := range j.cells[i].Metrics {
			seen[name] = true
		}
	}
	for _, m := range result.Metrics {
		if seen[m.Name] {
			names = append(names, m.Name)
			delete(seen, m.Name)
		}
	}
	return append(names, slices.Sorted(maps.Keys(seen))...)
}

// speed reports whether a metric says how much or how fast, rather than at what cost or whether at all.
func speed(metric string) bool {
	for _, prefix := range []string{"latency.", "service.", "first_reply.", "worst_connection", "achieved_rate", "throughput", "in_service", "fairness"} {
		if strings.HasPrefix(metric, prefix) {
			return true
		}
	}
	return false
}

// cost reports whether a metric is CPU time per request.
func cost(metric string) bool { return spec.IsCost(metric) }
