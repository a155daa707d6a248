package verdict

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/stats"
)

// judge is a run, sorted into cells and blocks.
type judge struct {
	exp      spec.Experiment
	manifest result.Manifest
	cells    []cell
	byKey    map[string]int
	frozen   map[string]result.Frozen // what utilizations came to, by the key of a condition
	unasked  map[string]string        // why a cell was not run, by its key
	reasons  map[string]string        // why the first invalid trial of a cell is one, by its key
	faults   map[string]string        // what the server of a cell did that no server may, by the cell's key
	blocks   int
	others   int // trials of cells that the experiment has not
}

// cell is one cell with its valid trials.
type cell struct {
	Cell
	trials  map[int]result.Trial // the first ones, by block
	seconds []result.Trial       // the second ones of A/A pairs

	first    *stats.Histogram // times to the first reply of all trials; nil: they have none
	unserved float64          // clients that never got a reply, in all trials; first has none of them
}

// newJudge reads the experiment that a run keeps, sorts its trials into cells and sums these up.
func newJudge(run result.Run) (*judge, error) {
	e, err := spec.Parse("manifest.json", []byte(run.Manifest.Spec), nil)
	if err != nil {
		return nil, fmt.Errorf("verdict: the experiment kept in %s: %w", run.Dir, err)
	}
	j := layOut(e, run.Trials)
	j.manifest = run.Manifest
	j.frozen = map[string]result.Frozen{}
	for _, l := range run.Manifest.Loads {
		j.frozen[l.Condition.Key()] = l
	}
	for i := range j.cells {
		j.cells[i].InForce = inForce(j.frozen[j.cells[i].ID.Without("server").Key()])
	}
	j.unasked, j.reasons = map[string]string{}, invalidReasons(run.Trials)
	j.faults = map[string]string{}
	for _, t := range run.Trials {
		j.faults[t.Cell.Key()] = cmp.Or(j.faults[t.Cell.Key()], t.Fault.String())
	}
	for _, u := range run.Manifest.Unasked {
		key := u.Cell.Key()
		j.unasked[key] = u.Why
		if i, ok := j.byKey[key]; ok {
			j.cells[i].NotAsked = u.Why
		}
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
		e.Conditions(func(condition map[string]any, _ spec.Experiment) bool {
			id := result.Cell(condition).With(server)
			j.byKey[id.Key()] = len(j.cells)
			j.cells = append(j.cells, cell{Cell: Cell{ID: id}, trials: map[int]result.Trial{}})
			return true
		})
	}
	for _, t := range trials {
		j.blocks = max(j.blocks, t.Block+1)
		i, known := j.byKey[t.Cell.Key()]
		if known { // the server of an invalid trial failed all the same
			j.cells[i].Fault = cmp.Or(j.cells[i].Fault, misdeed(t))
		} else {
			j.others++
		}
		if !known || !t.Counts() {
			continue
		}
		if t.Label == result.LabelSecond {
			j.cells[i].seconds = append(j.cells[i].seconds, t)
		} else {
			j.cells[i].trials[t.Block] = t
		}
	}
	return j
}

// all returns the valid trials of the cell in the order of their blocks, second ones last.
func (c *cell) all() []result.Trial {
	list := make([]result.Trial, 0, len(c.trials)+len(c.seconds))
	for _, b := range slices.Sorted(maps.Keys(c.trials)) {
		list = append(list, c.trials[b])
	}
	return append(list, c.seconds...)
}
