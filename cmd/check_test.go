package cmd

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/quote"
	"socketbench/servers"
	"socketbench/servers/foreign"
	"socketbench/servers/servertest"
)

func TestCheckKeepsARegisteredServer(t *testing.T) {
	t.Parallel()
	code, out, stderr := command("check", "goroutine", "--only", "^(bytes|resources)/(hello|out-of-descriptors|calm-alone)$")
	require.Equal(t, exitDone, code, "%s%s", out, stderr)
	require.Contains(t, out, "goroutine keeps 3 of the 3 rules it was asked")
}

// TestOutOfDescriptors starts every design in a process that may open few files.
func TestOutOfDescriptors(t *testing.T) {
	t.Parallel()
	for _, e := range servers.All() {
		if e.New == nil {
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			code, out, stderr := command("check", e.Name, "--only", "^resources/out-of-descriptors$")
			require.Equal(t, exitDone, code, "%s%s", out, stderr)
		})
	}
}

func TestCheckFormats(t *testing.T) {
	t.Parallel()
	code, out, stderr := command("check", "goroutine", "--only", "^bytes/hello$", "--json")
	require.Equal(t, exitDone, code, stderr)
	var report struct {
		servertest.Report
		OK bool
	}
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.True(t, report.OK)
	require.Equal(t, "bytes/hello", report.Results[0].Case)

	code, out, stderr = command("check", "goroutine", "--only", "^bytes/(hello|zero)$", "--junit")
	require.Equal(t, exitDone, code, stderr)
	var suite junitSuite
	require.NoError(t, xml.Unmarshal([]byte(out), &suite))
	require.Equal(t, 2, suite.Tests)
}

// TestCheckNamesAFault checks a server that answers one client at an address, badly.
func TestCheckNamesAFault(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 4096)
				for n, err := c.Read(buf); err == nil; n, err = c.Read(buf) {
					c.Write(bytes.ToUpper(buf[:n])) // Unicode's idea of upper case
				}
			}()
		}
	}()
	code, out, stderr := command("check", "tcp://"+ln.Addr().String(), "--only", "^bytes/(hello|latin-1|utf-8)$")
	require.Equal(t, exitNo, code)
	require.Contains(t, out, "treats bytes above 0x7f as text")
	require.Contains(t, stderr, "failed  bytes/utf-8")
}

func TestCheckRefusals(t *testing.T) {
	for args, want := range map[string]string{
		"":                        "no server named",
		"gorutine":                `did you mean "goroutine"?`,
		"http://127.0.0.1:80":     "write it as tcp://127.0.0.1:80",
		"goroutine --only [":      "not a regular expression",
		"goroutine --framing xml": "allowed: raw, line, length",
		"goroutine --only nobody": `--only "nobody" matches no case (socketbench list cases)`,
	} {
		code, _, stderr := command(append([]string{"check"}, strings.Fields(args)...)...)
		require.Equal(t, exitUsage, code, args)
		require.Contains(t, stderr, want)
	}
}

func TestCheckOfAnAddressWhereNobodyIs(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := "tcp://" + ln.Addr().String()
	require.NoError(t, ln.Close())
	code, out, stderr := command("check", address)
	require.Equal(t, exitNo, code)
	require.Empty(t, out)
	require.Contains(t, stderr, "check: nobody listens on "+address)
	require.Contains(t, stderr, "'COMMAND {port}'")
}

// TestSoakOfEveryDesign keeps each for a moment only: that all of them are looked at is what counts here.
func TestSoakOfEveryDesign(t *testing.T) {
	if underRaceDetector() {
		return // it takes minutes, and the detector watches each design in the tests of package servers
	}
	t.Parallel()
	code, out, stderr := command("check", "all", "--soak", "1ms")
	require.Equal(t, exitDone, code, "%s%s", out, stderr)
	for _, e := range servers.All() {
		if e.New != nil {
			require.Regexp(t, "(?m)^"+e.Name+" after .* goroutines [0-9]+ -> [0-9]+, .*: holds no more than before$", out)
		}
	}
}

// TestDrainOfTenThousand: the clients are in this process and the server is in another, as neither may have
// descriptors for both. Nothing goes on beside it: where 10,000 clients share a process, on busy CPUs any other of
// its connections waits behind them for seconds.
func TestDrainOfTenThousand(t *testing.T) {
	for _, name := range []string{"goroutine", "epoll"} {
		if _, err := servers.All().Lookup(name); err != nil {
			continue
		}
		code, out, stderr := command("check", name, "--only", "^drain/10000-under-load$", "--patience", "10s")
		if strings.Contains(stderr, "left out of quick runs") { // heavy cases are, under the race detector
			require.Equal(t, exitUnsure, code, "%s%s", out, stderr)
			continue
		}
		require.Equal(t, exitDone, code, "%s%s", out, stderr)
		require.Contains(t, out, "replies_lost_at_drain: 0 bytes")
	}
}

// A suite that passes everything proves nothing: the servers in other languages are judged, and what each is
// known to get wrong is found, and nothing else of its kind.
func TestForeignServersAreJudged(t *testing.T) {
	if underRaceDetector() {
		return // the suite that asks is watched in its own package
	}
	asked := map[string]bool{"bytes/hello": true}
	for _, e := range foreign.Entries() {
		for _, f := range foreign.Faults(e.Name) {
			asked[f.Case] = true
		}
	}
	only := "^(" + strings.Join(slices.Sorted(maps.Keys(asked)), "|") + ")$"
	for _, e := range foreign.Entries() {
		if !e.Streams() {
			continue // the cases are about streams
		}
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel() // it waits most of the time
			if !e.Available() {
				t.Skipf("needs %s: %s", e.Needs, e.Instead)
			}
			var out, errs strings.Builder
			code := Main([]string{"check", e.Name, "--only", only, "--json", "--budget", "5m"}, nil, &out, &errs)
			var report servertest.Report
			require.NoError(t, json.Unmarshal([]byte(out.String()), &report), errs.String())
			wrong := map[string]bool{}
			for _, r := range report.Results {
				wrong[r.Case] = r.Outcome == servertest.Failed
			}
			for _, f := range foreign.Faults(e.Name) {
				require.True(t, wrong[f.Case], "%s: %s", f.Case, f.Sentence)
			}
			require.False(t, wrong["bytes/hello"], out.String()+errs.String())
			if len(foreign.Faults(e.Name)) > 0 {
				require.Equal(t, exitNo, code)
			} else {
				require.False(t, wrong["reset/idle"] || wrong["chaos/short-scripts"], out.String())
			}
			if e.Name == "python-once" {
				require.Contains(t, out.String(), "ends after its first client: accept is called only once")
			}
		})
	}
}

// A name or a message with bytes that XML cannot hold leaves the file well-formed, the bytes visible and the counts those
// of its cases.
func TestCheckJUnitHoldsOddBytes(t *testing.T) {
	report := servertest.Report{Name: quote.Text("cat \x1b[31m\x00\xff ]]>"), Results: []servertest.Result{
		{Case: "bytes/one", Outcome: servertest.Failed, Failure: &servertest.Failure{What: "it said: \x1b[0m\x00\xfe ]]>", Fault: "\x07"}},
		{Case: "bytes/two", Outcome: servertest.NotRun, Reason: "the time was up"},
		{Case: "bytes/three", Outcome: servertest.Passed}}}
	var b bytes.Buffer
	require.NoError(t, writeCheckJUnit(&b, &report, ""))
	require.True(t, utf8.Valid(b.Bytes()))
	var suite junitSuite
	require.NoError(t, xml.Unmarshal(b.Bytes(), &suite))
	require.Equal(t, []int{3, 1, 1, 0}, []int{suite.Tests, suite.Failures, suite.Errors, suite.Skipped})
	require.Len(t, suite.Cases, suite.Tests)
	require.Contains(t, suite.Name, `\x1b[31m\x00\xff ]]>`)
	require.Contains(t, suite.Cases[0].Failure.Text, `\x1b[0m\x00\xfe ]]>`)
	require.NotContains(t, b.String(), "\ufffd")
	b.Reset()
	require.NoError(t, writeCheckText(&b, &report, ""))
	require.NotContains(t, b.String(), "\x1b")
}

// A server that does not start breaks no rule: what is told is why it does not start, and no rule is accused.
func TestCheckOfAServerThatDoesNotStart(t *testing.T) {
	t.Parallel()
	code, out, stderr := command("check", "echo no such file >&2; exit 3; {port}", "--quick")
	require.Equal(t, exitNo, code)
	require.Empty(t, stderr)
	require.Regexp(t, `^echo no such file >&2; exit 3; {port}: the server does not start: command "[^"]*" ended before it listened on port \d+: `+
		`exit status 3; it said: no such file\n$`, out)
	_, out, _ = command("check", "exit 3; {port}", "--quick", "--junit")
	require.Contains(t, out, `<failure message="the server does not start">`)
	require.NotContains(t, out, "nobody listens there any more")
}

// A check in which nothing was asked is no pass.
func TestCheckThatAsksNothingCannotTell(t *testing.T) {
	t.Parallel()
	for args, why := range map[string]string{
		"goroutine --framing line --only ^framing/raw": "none of those named is about line framing",
		"goroutine --only ^limits/descriptors$":        "limits/descriptors: it has no limit on descriptor numbers",
	} {
		code, out, stderr := command(append([]string{"check"}, strings.Fields(args)...)...)
		require.Equal(t, exitUnsure, code, "%s%s", out, stderr)
		require.Contains(t, out, "0 of the 0 rules")
		require.Contains(t, stderr, "check: no rule was checked: "+why)
	}
}

// A budget that is spent is no verdict on the server: it is said what was not asked, and which flag helps.
func TestCheckSaysThatTheBudgetIsSpent(t *testing.T) {
	t.Parallel()
	code, out, stderr := command("check", "goroutine", "--only", "^bytes/(hello|one)$", "--budget", "1ns", "--json")
	require.Equal(t, exitUnsure, code, "%s%s", out, stderr)
	require.Contains(t, stderr, "the budget of 1ns ran out with 2 of 2 rules not decided; --budget")
	require.Contains(t, out, `"reason": "not begun: the budget of 1ns ran out"`)
}

// The budget ends a case in progress: a server that never answers has an hour to do so here, and the check does not wait.
func TestCheckEndsACaseWithItsBudget(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0") // the system accepts for it, and nobody answers
	require.NoError(t, err)
	defer ln.Close()
	code, out, stderr := command("check", "tcp://"+ln.Addr().String(), "--only", "^bytes/hello$", "--budget", "300ms", "--patience", "1h", "--repeat", "3")
	require.Equal(t, exitUnsure, code, "%s%s", out, stderr)
	require.Contains(t, stderr, "check: the budget of 300ms ran out with 1 of 1 rules not decided; --budget 1.2s gives more time")
	require.NotContains(t, out, "FAILED")
}
