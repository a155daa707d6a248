package findings

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

// root is the repository.
const root = "../.."

// inf is an interval without an upper end.
var inf = math.Inf(1)

// What is written is what the kept summaries give, and everything that turned has a reason.
func TestPagesAreWhatTheSummariesGive(t *testing.T) {
	problems, err := Check(root, slices.Concat(servers.All(), foreign.Entries()))
	require.NoError(t, err)
	require.Empty(t, strings.Join(problems, "\n"))
}

// A summary of every experiment for two classes of machines stays small enough for a repository.
func TestSummariesAreSmall(t *testing.T) {
	files, err := filepath.Glob("*/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	total := int64(0)
	for _, file := range files {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Less(t, info.Size(), int64(80_000), file)
		total += info.Size()
	}
	require.Less(t, total, int64(1_500_000))
}

// Every file that FINDINGS.md links to is there.
func TestLinksOfFindings(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, pageFile))
	require.NoError(t, err)
	links := regexp.MustCompile(`\]\((\.\./[^)]+)\)`).FindAllStringSubmatch(string(text), -1)
	require.NotEmpty(t, links)
	for _, l := range links {
		require.FileExists(t, filepath.Join(root, "experiments", l[1]))
	}
	for _, l := range regexp.MustCompile(`\]\(#([^)]+)\)`).FindAllStringSubmatch(string(text), -1) {
		require.Contains(t, string(text), "\n### "+l[1]+"\n")
	}
}

// A class that did not measure an experiment has no column in its table.
func TestATableHasTheClassesThatMeasured(t *testing.T) {
	s := again(t, quick(t))
	page := Page([]Class{{Name: "plain", About: "a machine", Summaries: []Summary{s}}, {Name: "other", About: "another"}}, nil, servers.All())
	require.Contains(t, page, "| predicted | `plain` |\n")
	require.NotContains(t, page, "not measured |")
}

// quick is a part of a real run, summed up.
func quick(t testing.TB) Summary {
	run, err := result.Load("../report/testdata/quick")
	require.NoError(t, err)
	a, err := verdict.Judge(run)
	require.NoError(t, err)
	return New(run, a, []string{metric.SwitchesPerRequest})
}

// again is a summary that was stored and read back.
func again(t testing.TB, s Summary) Summary {
	text, err := s.Marshal()
	require.NoError(t, err)
	back, err := parse(text)
	require.NoError(t, err)
	back.file = back.Experiment()
	return back
}

func TestSummaryIsReadBack(t *testing.T) {
	s := quick(t)
	text, err := s.Marshal()
	require.NoError(t, err)
	require.Less(t, len(text), 40_000)
	back := again(t, s)
	twice, err := back.Marshal()
	require.NoError(t, err)
	require.Equal(t, string(text), string(twice), "the same summary is the same file")

	require.Equal(t, 48, back.Trials)
	require.Equal(t, 1, back.Invalid)
	a, b := s.analysis, back.Analysis()
	require.Len(t, b.Cells, len(a.Cells))
	for i, c := range a.Cells {
		require.Equal(t, c.ID, b.Cells[i].ID)
		for _, name := range always {
			require.InEpsilon(t, 1+c.Metrics[name].Center, 1+b.Cells[i].Metrics[name].Center, 1e-5, name)
			require.Equal(t, c.Metrics[name].AtLeast, b.Cells[i].Metrics[name].AtLeast)
		}
	}
	for i, p := range a.Predictions {
		require.Equal(t, p.Word, b.Predictions[i].Word)
		require.Equal(t, p.Of, b.Predictions[i].Of)
		require.InEpsilon(t, 1+p.Value, 1+b.Predictions[i].Value, 1e-5)
	}
	compared := map[string]bool{}
	for _, f := range b.Families {
		compared[f.Metric] = true
		require.Equal(t, "goroutine", f.Baseline)
	}
	require.Equal(t, map[string]bool{metric.CPUPerRequest: true, metric.SwitchesPerRequest: true}, compared,
		"the primary metric, and what was asked for")
}

// An open end of an interval survives, as do the marks of a figure.
func TestOpenEndsAreReadBack(t *testing.T) {
	f := figure{Center: 123456.789, Low: -inf, High: 2, N: 6, AtLeast: true, Most: inf, LowerBound: true}
	text, err := f.MarshalJSON()
	require.NoError(t, err)
	require.JSONEq(t, `[123457, "-inf", 2, 6, {"most": "inf", "at_least": true, "lower_bound": true}]`, string(text))
	var back figure
	require.NoError(t, back.UnmarshalJSON(text))
	require.Equal(t, []float64{-inf, inf}, []float64{back.Low, back.Most})
	require.True(t, back.AtLeast && back.LowerBound && !back.TooFew)
	require.ErrorContains(t, back.UnmarshalJSON([]byte(`[1, 2]`)), "centre, low, high, trials")
	require.ErrorContains(t, back.UnmarshalJSON([]byte(`[1, 2, 3, 4, {"odd": true}]`)), "unknown field")
}

func TestSummariesAreChecked(t *testing.T) {
	s, err := quick(t).Marshal()
	require.NoError(t, err)
	text := string(s)
	for want, change := range map[string][2]string{
		"unknown field":                {`"trials": 48`, `"trails": 48`},
		"keep the run again":           {`"schema": 1,` + "\n", `"schema": 2,` + "\n"},
		"the experiment has no cell":   {`"server":"pool"}`, `"server":"pond"}`},
		"the experiment has no server": {`"server":"pool","ratio"`, `"server":"pond","ratio"`},
		"is no word":                   {`"word":"undecided"`, `"word":"perhaps"`},
		"prediction 1 is":              {`"claim":"One`, `"claim":"Two`},
		"something follows":            {"]\n}\n", "]\n}\n{}"},
		"there is no metric":           {`"latency.p50":[`, `"latency.p51":[`},
	} {
		changed := strings.Replace(text, change[0], change[1], 1)
		require.NotEqual(t, text, changed, want)
		_, err := parse([]byte(changed))
		require.ErrorContains(t, err, want)
	}
}

func TestKeepAndLoad(t *testing.T) {
	dir := t.TempDir()
	_, err := Keep(dir, "plain", "", quick(t))
	require.ErrorContains(t, err, "say what its machine is with --about")
	file, err := Keep(dir, "plain", "a quiet machine", quick(t))
	require.NoError(t, err)
	require.Equal(t, filepath.Join(dir, "plain", "quick.json"), file)
	_, err = Keep(dir, "plain", "", quick(t))
	require.NoError(t, err, "the class says already what its machine is")

	more := quick(t)
	more.Manifest.Spec = strings.Replace(more.Manifest.Spec, `"epoll"]`, `"epoll", "uring"]`, 1)
	more.analysis.Experiment.Servers = append(more.analysis.Experiment.Servers, "uring")
	file, err = Keep(dir, "plain", "", more)
	require.NoError(t, err)
	require.Equal(t, "quick-designs.json", filepath.Base(file), "a run of other designs is no run of the experiment")

	classes, err := Load(os.DirFS(dir))
	require.NoError(t, err)
	require.Len(t, classes, 1)
	require.Equal(t, "a quiet machine", classes[0].About)
	_, ok := classes[0].Of("quick")
	require.True(t, ok)

	_, err = Load(fstest.MapFS{"x/class.json": {Data: []byte(`{"schema": 1}`)}})
	require.ErrorContains(t, err, "say in about what the machine is")
	_, err = Load(fstest.MapFS{"x/class.json": {Data: []byte(`{"schema": 1, "about": "a", "b": 1}`)}})
	require.ErrorContains(t, err, "unknown field")
}

// twoClasses are two machines on which one prediction and one comparison have opposite words, and one comparison is
// undecided on one of them.
func twoClasses(t testing.TB) []Class {
	a, b := again(t, quick(t)), again(t, quick(t))
	a.analysis.Predictions[4].Word, b.analysis.Predictions[4].Word = verdict.Holds, verdict.Refuted
	for k, words := range [][2]verdict.Word{{verdict.Faster, verdict.Undecided}, {verdict.Faster, verdict.Slower}} {
		for i, s := range []Summary{a, b} {
			s.analysis.Families[0].Comparisons[k].Word = words[i]
		}
	}
	return []Class{{"plain", "a quiet machine", []Summary{a}}, {"slow", "one whose calls are slow", []Summary{b}}}
}

func TestWhatTurned(t *testing.T) {
	classes := twoClasses(t)
	list := turns(classes, nil)
	require.Len(t, list, 3)
	require.Equal(t, []bool{true, true, false}, []bool{list[0].Opposite, list[1].Opposite, list[2].Opposite}, "what is opposite stands first")
	require.True(t, strings.HasPrefix(list[0].Key, "quick: A deadline sweep pays"), list[0].Key)
	require.Equal(t, "quick: pool, cpu_per_request, alone", list[1].Key)
	require.Equal(t, "cheaper", list[1].A.Word)
	require.Equal(t, "costlier", list[1].B.Word)
	require.NotEmpty(t, list[1].A.Figure)

	require.Equal(t, []bool{false, false, true}, []bool{list[0].Alike, list[1].Alike, list[2].Alike}, "an undecided word beside a decided one, of intervals with values in common")
	require.Len(t, unexplained(list, nil), 2, "which needs no reason")
	switches := classes[0].Summaries[0].analysis.Families
	i := slices.IndexFunc(switches, func(f verdict.Family) bool { return f.Metric == metric.SwitchesPerRequest })
	switches[i].Comparisons[0].Word = verdict.Faster
	require.Len(t, turns(classes, nil), 3, "a metric that only a claim asks for is not listed")
	why := reasons{"quick: *": "Calls take longer.", list[0].Key: "Visits cost calls."}
	problems := unexplained(turns(classes, why), why)
	require.Len(t, problems, 1)
	require.Contains(t, problems[0], "no reason of its own for opposite words")
	why[list[1].Key] = "So do hand-overs."
	require.Empty(t, unexplained(turns(classes, why), why))
	why["latency: *"] = "Old."
	require.Equal(t, []string{`why.yaml explains what did not turn: "latency: *"`}, unexplained(turns(classes, why), why))
}

func TestPageOfTwoMachines(t *testing.T) {
	classes := twoClasses(t)
	page := Page(classes, reasons{"quick: *": "Calls take longer."}, servers.All())
	require.Equal(t, 1, strings.Count(page, "Calls take longer."), "one reason is given once, with all that it explains")
	refuted, questions := strings.Index(page, "## Predictions that were refuted"), strings.Index(page, "## The questions")
	require.Less(t, refuted, questions)
	require.Contains(t, page[refuted:questions], "`plain`: ✓ holds")
	require.Contains(t, page[refuted:questions], "`slow`: ✗ refuted")
	require.Contains(t, page[refuted:questions], "What that means: ")
	require.Contains(t, page, "Predictions and comparisons whose word differs between classes: 3. Opposite words: 2")
	require.Contains(t, page, "**opposite**: [`quick`](#quick): ")
	require.Contains(t, page, "| one whose calls are slow |")
	require.NotContains(t, page, "`slow`: every experiment")
	rows := strings.Split(page, "\n")
	first := slices.IndexFunc(rows, func(l string) bool { return strings.HasPrefix(l, "| predicted |") }) + 2
	require.Contains(t, rows[first], "✗ refuted", "refuted predictions come first")
}
