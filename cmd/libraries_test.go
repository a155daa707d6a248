package cmd

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
	"socketbench/servers/foreign"
	"socketbench/servers/servertest"
)

// measuredLibraries are the servers that are written with a library, those that are programs of their own included.
func measuredLibraries(t testing.TB) (entries []servers.Entry) {
	for _, e := range slices.Concat(servers.All(), foreign.Entries()) {
		if e.Family == "libraries" && e.Available() {
			entries = append(entries, e)
		}
	}
	if len(entries) == 0 {
		t.Skip("needs a server that is written with a library, and none of them can be run here")
	}
	return entries
}

// judge checks a server, which may be one that is given to Main, with some cases of the contract.
func judge(t testing.TB, name, only string, extra ...servers.Entry) (code int, report servertest.Report, stderr string) {
	var out, errs strings.Builder
	code = Main([]string{"check", name, "--only", only, "--json", "--budget", "5m"}, nil, &out, &errs, extra...)
	require.NoError(t, json.Unmarshal([]byte(out.String()), &report), errs.String())
	return code, report, errs.String()
}

// TestLibrariesKeepTheContract but for their registered faults, each of which shows. The tests of package servers ask
// those that are not programs of their own.
func TestLibrariesKeepTheContract(t *testing.T) {
	if underRaceDetector() {
		return // these libraries are programs of their own, and the suite that asks is watched in its own package
	}
	for _, e := range measuredLibraries(t) {
		if e.Launch == nil {
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			code, report, stderr := judge(t, e.Name, "")
			require.Equal(t, exitDone, code, stderr)
			for _, f := range e.Traits.Faults {
				i := slices.IndexFunc(report.Results, func(r servertest.Result) bool { return r.Case == f.Case })
				require.Equal(t, servertest.Known, report.Results[i].Outcome, f.Case)
				require.Equal(t, e.Traits.Says(f), report.Results[i].Reason)
			}
		})
	}
}

// A fault that a new version of a library has mended makes its server fail, and so does a fault that is not registered.
func TestTheFaultsOfLibrariesAreUpToDate(t *testing.T) {
	if underRaceDetector() {
		return // as above
	}
	for _, e := range measuredLibraries(t) {
		if e.Launch == nil {
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			registered := e.Traits.Faults[0]
			e.Name += "-changed"
			e.Traits.Faults = nil
			code, report, stderr := judge(t, e.Name, "^"+registered.Case+"$", e)
			require.Equal(t, exitNo, code, stderr)
			require.Equal(t, servertest.Failed, report.Results[0].Outcome)

			e.Traits.Faults = []servers.Fault{{Case: "bytes/hello", Sentence: "it says nothing"}}
			code, report, stderr = judge(t, e.Name, "^bytes/hello$", e)
			require.Equal(t, exitNo, code, stderr)
			require.Equal(t, "the rule was kept, though the design is registered with a fault: it says nothing ("+e.Traits.Library+")",
				report.Results[0].Failure.What)
		})
	}
}

// Faults are known of one version of a library: with another, someone looks at them again.
func TestTheFaultsOfLibrariesAreOfTheVersionInUse(t *testing.T) {
	module, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	for _, e := range measuredLibraries(t) {
		require.Contains(t, string(module), "\t"+e.Traits.Library+"\n", "%s: check its faults, and the issues that it names", e.Name)
	}
}

// A version that does not build is one line, before anything is written.
func TestALibraryThatDoesNotBuild(t *testing.T) {
	libraries := measuredLibraries(t)
	e := libraries[len(libraries)-1]
	if e.Build == nil {
		t.Skip("needs a library whose server is a program of its own, and none can be built here")
	}
	dir := t.TempDir()
	module, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	name, version, _ := strings.Cut(e.Traits.Library, " ")
	broken := strings.Replace(string(module), "\t"+e.Traits.Library+"\n", "\t"+name+" "+version+"99\n", 1)
	require.NotEqual(t, string(module), broken)
	file := filepath.Join(dir, "broken.mod")
	require.NoError(t, os.WriteFile(file, []byte(broken), 0o600))
	for _, line := range []string{"check " + e.Name, "run latency " + e.Name + " --out " + filepath.Join(dir, "results"), "watch " + e.Name} {
		c := exec.Command(os.Args[0], strings.Fields(line)...)
		c.Env = append(os.Environ(), asMain+"=1", "GOFLAGS=-modfile="+file, "GOPROXY=off", "XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
		var out, errs strings.Builder
		c.Stdout, c.Stderr = &out, &errs
		require.Error(t, c.Run())
		require.Equal(t, exitUsage, c.ProcessState.ExitCode(), "%s: %s%s", line, out.String(), errs.String())
		require.Empty(t, out.String(), line)
		said := strings.TrimPrefix(errs.String(), "building "+e.Name+", which takes a while the first time\n") // where that is slow
		require.Equal(t, 1, strings.Count(said, "\n"), said)
		require.Contains(t, said, e.Name+" cannot be built: ")
		require.Contains(t, errs.String(), "go build ./servers/foreign/libraries/"+e.Name)
	}
	require.NoDirExists(t, filepath.Join(dir, "results"))
	built, err := filepath.Glob(filepath.Join(dir, "cache", "socketbench", e.Name+"*"))
	require.NoError(t, err)
	require.Empty(t, built, "nothing half-written")
}

// BenchmarkLibraryFaults counts how often each registered fault is shown, of 20 checks, and how many rules are broken that
// are not registered, in three: on idle CPUs, and while each CPU has a process that computes. A program of its own has one
// attempt at a fault; one of the registry has the five of every check.
//
//	go test ./cmd -run '^$' -bench LibraryFaults -benchtime 1x -timeout 1h
func BenchmarkLibraryFaults(b *testing.B) {
	const attempts, checks = 20, 3
	for _, e := range measuredLibraries(b) {
		var extra []servers.Entry
		name := e.Name
		if e.Launch != nil { // excuse nothing, so that a fault is a failure, and is not tried again
			name += "-unexcused"
			extra = []servers.Entry{e}
			extra[0].Name, extra[0].Traits.Faults = name, nil
		}
		for _, busy := range []string{"idle", "busy"} {
			for _, f := range e.Traits.Faults {
				if f.Case == "" {
					continue
				}
				b.Run(strings.Join([]string{e.Name, f.Case, busy}, "/"), func(b *testing.B) {
					keepBusy(b, busy == "busy")
					shown := 0
					for range attempts {
						_, report, _ := judge(b, name, "^"+f.Case+"$", extra...)
						if o := report.Results[0].Outcome; o == servertest.Known || o == servertest.Failed && e.Launch != nil {
							shown++
						}
					}
					b.ReportMetric(float64(shown), "shown-of-20")
				})
			}
			b.Run(e.Name+"/all/"+busy, func(b *testing.B) {
				keepBusy(b, busy == "busy")
				unregistered := 0
				for range checks {
					c := exec.Command(os.Args[0], "check", e.Name, "--json", "--budget", "5m") // in a process without the rest of another check
					c.Env = append(os.Environ(), asMain+"=1")
					out, _ := c.Output() // it exits with 1 if a rule is broken
					var report servertest.Report
					require.NoError(b, json.Unmarshal(out, &report))
					for _, r := range report.Results {
						if r.Outcome == servertest.Failed || r.Outcome == servertest.NotRun {
							unregistered++
							b.Log(r.Case, r.Reason, r.Failure)
						}
					}
				}
				b.ReportMetric(float64(unregistered), "unregistered-in-3")
			})
		}
	}
}

// keepBusy gives each CPU a process that computes until the benchmark ends.
func keepBusy(b *testing.B, busy bool) {
	for range runtime.NumCPU() {
		if !busy {
			return
		}
		c := exec.Command("sh", "-c", "while :; do :; done")
		require.NoError(b, c.Start())
		b.Cleanup(func() { c.Process.Kill(); c.Wait() })
	}
}
