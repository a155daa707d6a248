package refute

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/host"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

func registry() (r servers.Registry) {
	for _, n := range []string{"base", "one", "two"} {
		r = append(r, servers.Entry{Name: n, New: func(servers.Config) servers.Server { return nil }})
	}
	return r
}

// world measures without sockets: slower says by which factor the CPU time per request of a cell exceeds that of base.
type world struct {
	t      *testing.T
	slower func(c plan.Cell, seed uint64) float64
	clock  time.Time
	each   time.Duration // of a trial
	played []string      // the directories, in order
}

const runSeed = 7

const (
	three    = "servers: [base, one, two]\n" + question
	two      = "servers: [base, one]\n" + question
	question = `placement: shared
load: {rate: 1000}
blocks: 8
predict:
  - claim: One is slower.
    metric: cpu_per_request
    of: {server: one}
    against: {server: base}
    expect: "> 1.5x"
`
)

func (w *world) write(p plan.Plan, dir string, most int) error {
	w.played = append(w.played, filepath.Base(dir))
	var writer *result.Writer
	var before result.Run
	var err error
	m := result.Manifest{Experiment: p.Experiment.Name, Spec: string(p.Experiment.YAML()), Seed: p.Seed, PlanHash: p.Hash, Placement: p.Experiment.Placement,
		Blocks: p.Experiment.Blocks, Host: result.Host{CPUs: 2, ServerCPUs: []int{0, 1}, ClientCPUs: []int{0, 1}}}
	if writer, before, err = result.Resume(dir, p.Hash); err != nil {
		if writer, err = result.Create(dir, m); err != nil {
			return err
		}
	}
	defer writer.Close()
	random := rand.New(rand.NewPCG(p.Seed, 1))
	done := before.Done()
	for _, t := range p.Trials {
		c := p.Cells[t.Cell]
		v := 4000 * w.slower(c, p.Seed) * math.Exp(0.004*random.NormFloat64())
		if _, has := done[t.Order]; has {
			continue
		}
		if most--; most < 0 {
			return context.Canceled
		}
		w.clock = w.clock.Add(w.each)
		trial := result.Trial{Cell: c.ID, Label: t.Label, Block: t.Block, Order: t.Order, Valid: true, Metrics: map[string]float64{"cpu_per_request": v}}
		if err := writer.Append(&trial); err != nil {
			return err
		}
	}
	m.Finished = w.clock
	return writer.SetManifest(m)
}

// run is a finished run in a directory of its own.
func (w *world) run(text string) Options {
	e, err := spec.Parse("w.yaml", []byte("name: w\nquestion: q\n"+text), registry())
	require.NoError(w.t, err)
	p, err := plan.New(e, runSeed, registry())
	require.NoError(w.t, err)
	dir := filepath.Join(w.t.TempDir(), "run")
	w.clock = time.Unix(1e9, 0)
	require.NoError(w.t, w.write(p, dir, math.MaxInt))
	w.played = nil
	o := Options{Registry: registry(), Budget: time.Hour,
		Estimate: func(p plan.Plan) time.Duration { return time.Duration(len(p.Trials)) * time.Second },
		Now:      func() time.Time { return w.clock },
		Measure:  func(_ context.Context, p plan.Plan, dir string, _ bool) error { return w.write(p, dir, math.MaxInt) },
	}
	o.Run, o.Analysis = w.load(dir)
	return o
}

func (w *world) load(dir string) (result.Run, verdict.Analysis) {
	run, err := result.Load(dir)
	require.NoError(w.t, err)
	a, err := verdict.Judge(run)
	require.NoError(w.t, err)
	return run, a
}

func by(of map[string]float64) func(plan.Cell, uint64) float64 {
	return func(c plan.Cell, _ uint64) float64 { return of[c.Server] }
}

func newWorld(t *testing.T, slower func(plan.Cell, uint64) float64) *world {
	return &world{t: t, slower: slower, each: time.Second}
}

// outcomes are those of the verdict about a server, by change; of the prediction where expect is set.
func outcomes(r result.Refuted, server string, predicted bool) (map[string]string, string) {
	for _, v := range r.Verdicts {
		if v.Of.Server() == server && (v.Expect != "") == predicted {
			of := map[string]string{}
			for _, tried := range v.Tried {
				of[tried.Change] = tried.Outcome
			}
			return of, v.Says
		}
	}
	return nil, ""
}

// A verdict turns by the one thing that its difference depends on, and by nothing else.
func TestAVerdictTurnsByWhatItDependsOn(t *testing.T) {
	for change, shows := range map[string]func(c plan.Cell, seed uint64) bool{
		"seed":        func(_ plan.Cell, seed uint64) bool { return seed == runSeed },
		"engine":      func(c plan.Cell, _ uint64) bool { return c.Load.Engine != "portable" },
		"placement":   func(c plan.Cell, _ uint64) bool { return c.Placement == host.Shared },
		"size":        func(c plan.Cell, _ uint64) bool { return c.Load.Size == 64 },
		"connections": func(c plan.Cell, _ uint64) bool { return c.Load.Connections == 64 },
		"pipeline":    func(c plan.Cell, _ uint64) bool { return c.Load.Pipeline == 1 },
		"gomaxprocs":  func(c plan.Cell, _ uint64) bool { return c.GOMAXPROCS == 0 },
		"utilization": func(c plan.Cell, _ uint64) bool { return c.Load.Rate == 1000 },
		"arrivals":    func(c plan.Cell, _ uint64) bool { return c.Load.Arrivals == "poisson" },
		"gogc":        func(c plan.Cell, _ uint64) bool { return c.GOGC == 0 },
	} {
		t.Run(change, func(t *testing.T) {
			t.Parallel() // it waits for the disk
			turnedBy(t, change, shows)
		})
	}
}

func turnedBy(t *testing.T, change string, shows func(c plan.Cell, seed uint64) bool) {
	w := newWorld(t, func(c plan.Cell, seed uint64) float64 {
		if c.Server == "one" && shows(c, seed) {
			return 2
		}
		return 1
	})
	o := w.run(two)
	r, err := Try(t.Context(), o)
	require.NoError(t, err)
	for _, predicted := range []bool{false, true} {
		one, says := outcomes(r, "one", predicted)
		require.Contains(t, says, "turns ")
		for _, c := range changes {
			want := Same
			if c.name == change {
				want = Turns
			}
			if one[c.name] != NotAskable { // as engine and placement are on some systems
				require.Equal(t, want, one[c.name], c.name)
			}
		}
	}

	// Every reader of the run has it beside the verdict.
	run, a := w.load(o.Run.Dir)
	require.Len(t, run.Refuted.Verdicts, 2)
	_, want := outcomes(r, "one", true)
	require.Equal(t, want, a.Predictions[0].Survives)
	_, want = outcomes(r, "one", false)
	require.Equal(t, want, a.Families[0].Comparisons[0].Survives)
}

// The verdict whose interval lies nearest to its bound is attacked first, and a budget ends between two attacks.
func TestTheMostDoubtfulVerdictComesFirstAndABudgetEnds(t *testing.T) {
	w := newWorld(t, by(map[string]float64{"base": 1, "one": 3, "two": 1.06}))
	o := w.run(three)
	attack := 24 * time.Second // 8 blocks of two cells and an A/A pair
	o.Budget = 3 * attack
	var begun []string
	o.Begin = func(a result.Attack, n, of int, takes time.Duration) {
		require.Equal(t, attack, takes)
		begun = append(begun, a.Of.Server()+" "+a.Change)
	}
	r, err := Try(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []string{"two seed", "two engine"}, begun[:2])
	require.Len(t, begun, 3)
	of, says := outcomes(r, "two", false)
	require.Equal(t, []string{Same, NotReached}, []string{of["seed"], of["gogc"]})
	require.Regexp(t, `^survives all 3; \d not reached$`, says)
	_, says = outcomes(r, "one", false)
	require.Empty(t, says, "it was not attacked yet")
	require.NotEmpty(t, Missing(r))

	// Another call goes on where this one ended, and a third has nothing left.
	before := len(w.played)
	o.Budget = 24 * time.Hour
	r, err = Try(t.Context(), o)
	require.NoError(t, err)
	require.Empty(t, Missing(r))
	require.NotContains(t, w.played[before:], "01-seed")
	before = len(w.played)
	_, err = Try(t.Context(), o)
	require.NoError(t, err)
	require.Len(t, w.played, before)
}

// A machine that is slower than estimated makes fewer attacks, and not a longer call.
func TestABudgetFollowsThePace(t *testing.T) {
	w := newWorld(t, by(map[string]float64{"base": 1, "one": 3, "two": 3}))
	o := w.run(three)
	w.each = 2 * time.Second
	o.Budget = 100 * time.Second // two attacks of 48 s, which were estimated to take 24 s
	_, err := Try(t.Context(), o)
	require.NoError(t, err)
	require.Len(t, w.played, 2)
}

// An attack that is interrupted is continued, and what it had is kept.
func TestAnInterruptedAttackIsContinued(t *testing.T) {
	w := newWorld(t, by(map[string]float64{"base": 1, "one": 3, "two": 3}))
	o := w.run(three)
	whole := o.Measure
	o.Measure = func(_ context.Context, p plan.Plan, dir string, _ bool) error { return w.write(p, dir, 10) }
	_, err := Try(t.Context(), o)
	require.ErrorIs(t, err, context.Canceled)
	dir := filepath.Join(result.RefutedDir(o.Run.Dir), w.played[0])
	half, err := result.Load(dir)
	require.NoError(t, err)
	require.Len(t, half.Trials, 10)
	resumed := false
	o.Measure = func(ctx context.Context, p plan.Plan, dir string, resume bool) error {
		resumed = resumed || resume
		return whole(ctx, p, dir, resume)
	}
	r, err := Try(t.Context(), o)
	require.NoError(t, err)
	require.True(t, resumed)
	require.Empty(t, Missing(r))
	full, err := result.Load(dir)
	require.NoError(t, err)
	require.Equal(t, half.Trials[3].Metrics, full.Trials[3].Metrics)
}

// A change that the cell cannot make is not asked, with the reason.
func TestWhatCannotBeChanged(t *testing.T) {
	for _, c := range []struct{ text, change, why string }{
		{"load: {connections: 4}\n", "utilization", "in a closed loop the clients ask as fast as they are answered"},
		{"load: {connections: 4}\n", "arrivals", "in a closed loop requests have no schedule"},
		{"vary: {load.size: [64, 128]}\n", "size", "the run varies load.size itself"},
		{"config: {wait: 1ms}\n", "pipeline", "raw framing with work counts one request a read, so pipeline must be 1, not 4; or choose config.framing line or length"},
	} {
		w := newWorld(t, by(map[string]float64{"base": 1, "one": 3}))
		o := w.run("servers: [base, one]\nplacement: shared\nblocks: 8\n" + c.text)
		r, err := Lay(o.Run, o.Analysis, registry())
		require.NoError(t, err)
		found := false
		for _, a := range r.Attacks {
			if a.Change == c.change {
				found = true
				require.Equal(t, c.why, a.Why)
			}
		}
		require.True(t, found)
	}
	w := newWorld(t, by(map[string]float64{"base": 1, "one": 3}))
	o := w.run("servers: [base, one]\nplacement: shared\nblocks: 8\n")
	measure := o.Measure
	o.Measure = func(ctx context.Context, p plan.Plan, dir string, resume bool) error {
		if strings.HasSuffix(dir, "-size") {
			return &UnableError{errors.New("base answered nobody")}
		}
		return measure(ctx, p, dir, resume)
	}
	r, err := Try(t.Context(), o)
	require.NoError(t, err)
	of, _ := outcomes(r, "one", false)
	require.Equal(t, NotAskable, of["size"])
}

// An attack measures the pair of its verdict, under its condition alone.
func TestAnAttackIsAboutOnePair(t *testing.T) {
	w := newWorld(t, func(c plan.Cell, _ uint64) float64 {
		if c.Server == "one" && c.Load.Idle == 100 {
			return 2
		}
		return 1
	})
	o := w.run("servers: [base, one, two]\nplacement: shared\nblocks: 9\nvary: {load.idle: [0, 100]}\n")
	r, err := Lay(o.Run, o.Analysis, registry())
	require.NoError(t, err)
	seen := 0
	for _, a := range r.Attacks {
		if a.Why != "" || a.Of.Server() != "one" || a.Of.Key() != `{"load.idle":100,"server":"one"}` {
			continue
		}
		seen++
		p, err := Plan(a, o.Run.Manifest, registry())
		require.NoError(t, err)
		require.Len(t, p.Cells, 2)
		require.Equal(t, a.Of.Key(), p.Cells[1].ID.Key())
		require.Equal(t, 9, p.Experiment.Blocks)
	}
	require.Positive(t, seen)
}

// Whatever cannot be attacked is refused in one line, and nothing is written.
func TestRefused(t *testing.T) {
	w := newWorld(t, by(map[string]float64{"base": 1, "one": 3, "two": 3}))
	for want, spoil := range map[string]func(o *Options){
		"was measured over several machines":   func(o *Options) { o.Run.Manifest.Agents = []result.Agent{{Name: "a"}} },
		"did not end":                          func(o *Options) { o.Run.Manifest.Finished = time.Time{} },
		`has a server "two" that this program`: func(o *Options) { o.Registry = o.Registry[:2] },
		"no trial of ": func(o *Options) {
			o.Run.Trials = slices.Clone(o.Run.Trials)
			for i := range o.Run.Trials {
				o.Run.Trials[i].Valid = false
			}
		},
		"decided nothing":                       func(o *Options) { o.Analysis.Families, o.Analysis.Predictions = nil, nil },
		"the next attack takes about 24s, and ": func(o *Options) { o.Budget = 20 * time.Second },
	} {
		o := w.run(three)
		spoil(&o)
		_, err := Try(t.Context(), o)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
		require.NoDirExists(t, result.RefutedDir(o.Run.Dir))
	}
}

// Another run's attacks, and a file that cannot be read, are refused; the run itself stays readable.
func TestADamagedListIsRefused(t *testing.T) {
	w := newWorld(t, by(map[string]float64{"base": 1, "one": 3, "two": 3}))
	o := w.run(three)
	require.NoError(t, result.StoreRefuted(o.Run.Dir, result.Refuted{PlanHash: "other"}))
	_, err := Try(t.Context(), o)
	require.ErrorContains(t, err, "holds attacks on another run")
	require.NoError(t, os.WriteFile(filepath.Join(result.RefutedDir(o.Run.Dir), "refute.json"), []byte("{"), 0o600))
	_, err = Try(t.Context(), o)
	require.ErrorContains(t, err, "move it away")
	run, _ := w.load(o.Run.Dir)
	require.Len(t, run.Damaged, 1)
}

func TestSentences(t *testing.T) {
	tried := func(outcomes ...string) (list []result.Tried) {
		for i, o := range outcomes {
			list = append(list, result.Tried{Outcome: o, Says: []string{"with another seed", "with GOGC 400", "at half the load"}[i]})
		}
		return list
	}
	for want, list := range map[string][]result.Tried{
		"survives all 3":                       tried(Same, Same, Same),
		"survives 1 of 1":                      tried(Same),
		"survives 1 of 2; turns with GOGC 400": tried(Same, Turns),
		"survives 0 of 3; turns with another seed and with GOGC 400; undecided at half the load": tried(Turns, Turns, Undecided),
		"survives all 2; 1 not reached":        tried(Same, Same, NotReached),
		"":                                     tried(NotAskable, NotReached),
		"nothing about it can be changed here": tried(NotAskable),
		"survives 1 of 2; undecided at half the load": tried(Same, NotAskable, Undecided),
	} {
		require.Equal(t, want, sentence(list))
	}
}

// An attack whose results were damaged is measured again as far as they are lost, and one that cannot be read is named with what
// to do.
func TestADamagedAttackIsMeasuredAgain(t *testing.T) {
	w := newWorld(t, by(map[string]float64{"base": 1, "one": 3, "two": 3}))
	o := w.run(two)
	whole := o.Measure
	o.Measure = func(_ context.Context, p plan.Plan, dir string, _ bool) error {
		require.NoError(t, w.write(p, dir, math.MaxInt))
		return context.Canceled // killed before the attack was judged
	}
	_, err := Try(t.Context(), o)
	require.ErrorIs(t, err, context.Canceled)
	dir := filepath.Join(result.RefutedDir(o.Run.Dir), w.played[0])
	file, manifest := filepath.Join(dir, "trials.jsonl"), filepath.Join(dir, "manifest.json")
	before, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, before[:len(before)-20], 0o600))
	text, err := os.ReadFile(manifest)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(manifest, text[:len(text)/2], 0o600))
	_, err = Try(t.Context(), o)
	require.ErrorContains(t, err, "manifest.json is cut off")
	require.ErrorContains(t, err, "move "+dir+" away, and that attack is measured again")
	require.NoError(t, os.WriteFile(manifest, text, 0o600))
	o.Measure = whole
	r, err := Try(t.Context(), o)
	require.NoError(t, err)
	require.Empty(t, Missing(r))
	after, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(before), string(after), "a trial is missing, or another was measured again")
}
