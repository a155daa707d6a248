package cmd

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
)

// recorded is a run that was kept for tests.
const recorded = "../experiments/report/testdata/quick"

func TestCompareARunWithItself(t *testing.T) {
	var out, errs bytes.Buffer
	code := Main([]string{"compare", recorded, recorded, "--fail-on", "latency.p99>5%", "--fail-on", "achieved_rate<-5%"}, nil, &out, &errs)
	require.Equal(t, 0, code, errs.String())
	require.Contains(t, out.String(), "0 better, 0 worse")

	out.Reset()
	require.Equal(t, 0, Main([]string{"compare", recorded, recorded, "--json"}, nil, &out, &errs))
	var told struct {
		Changes []struct{ Word, Metric string }
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &told))
	require.NotEmpty(t, told.Changes)
	for _, list := range []string{"warnings", "changed", "changes", "broken", "findings"} {
		require.NotContains(t, out.String(), `"`+list+`":null`, "an empty list is one")
	}
}

// The name of the file says that a page is meant; what is no format is refused before anything is written.
func TestCompareAsAPage(t *testing.T) {
	var out, errs bytes.Buffer
	file := filepath.Join(t.TempDir(), "compare.html")
	require.Equal(t, 0, Main([]string{"compare", recorded, recorded, "-o", file}, nil, &out, &errs), errs.String())
	require.Empty(t, out.String())
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(page), "0 better, 0 worse")
	require.Equal(t, 2, Main([]string{"compare", recorded, recorded, "--format", "pdf"}, nil, &out, &errs))
	require.Contains(t, errs.String(), "there are text, html and json")
}

func TestCompareRefusesABadBound(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, 2, Main([]string{"compare", recorded, recorded, "--fail-on", "latency.p98>5%"}, nil, &out, &errs))
	require.Contains(t, errs.String(), `did you mean "latency.p90"?`)
	require.Equal(t, 1, strings.Count(errs.String(), "\n"), "one line")
	require.Equal(t, 2, Main([]string{"compare", "testdata", recorded}, nil, &out, &errs))
}

// second is a copy of the recorded run in which some trials are others, started later.
func second(t *testing.T, spoil func(*result.Trial)) string {
	run, err := result.Load(recorded)
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "second")
	require.NoError(t, os.CopyFS(dir, os.DirFS(recorded)))
	var lines bytes.Buffer
	for _, trial := range run.Trials {
		spoil(&trial)
		require.NoError(t, json.NewEncoder(&lines).Encode(trial))
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "trials.jsonl"), lines.Bytes(), 0o644))
	return dir
}

// A gate ends with 0, 1 or 3, and --undecided chooses what 3 is; what it took to tell stands in the result.
func TestGatesHaveThreeEnds(t *testing.T) {
	lost := second(t, func(trial *result.Trial) { trial.Metrics["lost"] = 1 })
	gone := second(t, func(trial *result.Trial) { delete(trial.Metrics, "achieved_rate") })
	for _, c := range []struct {
		call string
		want int
		says string
	}{
		{"compare A lost --fail-on lost>5%", 1, "broken: lost>5%: "},
		{"compare lost A --fail-on lost>5%", 0, "gate: every bound holds"},
		{"compare A gone --fail-on achieved_rate<-5%", 3, "cannot tell: achieved_rate<-5%: "},
		{"compare A gone --metrics lost --fail-on achieved_rate<-5%", 3, "To decide: "},
		{"compare A gone --fail-on achieved_rate<-5% --undecided pass", 0, "cannot tell"},
		{"compare A gone --fail-on achieved_rate<-5% --undecided fail", 1, "cannot tell"},
		{"compare A gone --fail-on achieved_rate<-5% --undecided maybe", 2, "tell, pass or fail"},
		{"compare A lost --fail-on lost>5% --fail-on gc_pause>1% --undecided pass", 1, "broken"},
		{"compare A gone --metrics nonsense", 2, "no metric"},
		{"compare A gone --fail-on latency.p99<200ms@where@server=pol", 2, "about no cell"},
		{"report A --format csv --fail-on lost==0", 0, "gate: every bound holds"},
		{"report A --format text --fail-on latency.p50<1ns@where@server=epoll", 1, "not less than 1 ns"},
		{"report A --format json --fail-on latency.p99<1h", 2, "allowed: ns"},
		{"report A --format json --fail-on latency.p99>5%", 2, "is of another run"},
		{"report A --format json --fail-on refuted", 0, "gate: every bound holds"},
		{"report A --format json --fail-on reads_per_request<9@where@server=pool,load.mute=8", 3, "answered nobody"},
		{"run quick --dry-run --fail-on latency.p99>5%", 2, "is of another run"},
		{"run goroutine --dry-run --fail-on lost==0@where@server=epoll", 2, "about no cell"},
		{"run goroutine --dry-run --fail-on lost==0", 0, ""},
	} {
		args := strings.Fields(c.call)
		for i, word := range args {
			args[i] = strings.ReplaceAll(word, "@", " ")
			if dir, ok := map[string]string{"A": recorded, "lost": lost, "gone": gone}[word]; ok && args[max(i-1, 0)] != "--metrics" {
				args[i] = dir
			}
		}
		var out, errs bytes.Buffer
		require.Equal(t, c.want, Main(args, nil, &out, &errs), "%s\n%s", c.call, errs.String())
		require.Contains(t, out.String()+errs.String(), c.says, c.call)
		if strings.Contains(c.call, "--format json") && c.want != 2 {
			require.True(t, json.Valid(out.Bytes()), c.call)
		}
	}
}

// The help of each command with a gate says how the gate ends.
func TestHelpTellsTheExitCodes(t *testing.T) {
	for _, command := range []string{"compare", "report", "run"} {
		var out, errs bytes.Buffer
		require.Equal(t, 0, Main([]string{command, "--help"}, nil, &out, &errs))
		require.Contains(t, out.String(), "The exit code is 0 if every bound holds, 1 if one is broken, and 3")
	}
}

func TestSchemaIsJSON(t *testing.T) {
	var out, errs bytes.Buffer
	for _, document := range [][]string{{}, {"experiment"}, {"report"}, {"compare"}} {
		out.Reset()
		require.Equal(t, 0, Main(append([]string{"schema"}, document...), nil, &out, &errs))
		require.True(t, json.Valid(out.Bytes()))
	}
	require.Equal(t, 2, Main([]string{"schema", "pages"}, nil, &out, &errs))
}

func TestDoctorSaysHowManyPairsItCompares(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, 2, Main([]string{"doctor", "--calibrate", "--pairs", "0"}, nil, &out, &errs))
	require.Contains(t, errs.String(), "choose 1 to 100")
}

// The published runs stand for a first run; what bounds figures is refused, because they have words.
func TestCompareWithWhatIsPublished(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, 0, Main([]string{"compare", "published", recorded}, nil, &out, &errs), errs.String())
	require.Contains(t, out.String(), "as on")
	out.Reset()
	require.Equal(t, 0, Main([]string{"compare", "published", recorded, "--json"}, nil, &out, &errs), errs.String())
	var told struct {
		Nearest     string
		Experiments []struct{ Experiment string }
		Turned      []struct{ What string }
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &told))
	require.Equal(t, "quick", told.Experiments[0].Experiment)
	require.NotContains(t, out.String(), "null")

	for want, args := range map[string][]string{
		"leave out --fail-on":   {"published", recorded, "--fail-on", "unserved==0"},
		"leave out":             {"published", recorded, "--metrics", "latency.p99"},
		"text, md or json":      {"published", recorded, "--format", "html"},
		"holds no results":      {"published", t.TempDir()},
		"no such file or direc": {"published", "nowhere"},
	} {
		out.Reset()
		errs.Reset()
		require.Equal(t, 2, Main(append([]string{"compare"}, args...), nil, &out, &errs), want)
		require.Contains(t, errs.String(), want)
		require.Equal(t, 1, strings.Count(errs.String(), "\n"), "one line")
		require.Empty(t, out.String())
	}
}
