package servertest

import (
	"flag"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"socketbench/patterns/prefork"
	"socketbench/servers"
	"socketbench/servers/address"
	"socketbench/servers/upper"
)

// Main is the TestMain of a package that calls [Run], [RunTogether] or [RunAlone] for designs of the registry: its
// binary also serves as the child of prefork, and the tests wait more than they compute. It does not return.
func Main(m *testing.M) {
	prefork.Child(servers.PreforkChild)
	flag.Set("test.parallel", "6") // whatever the number of CPUs; the flag -parallel overrides it
	// A goroutine that blocks in a system call holds its processor (GOMAXPROCS) for up to 10 ms, so there are more of them.
	runtime.GOMAXPROCS(2 * runtime.NumCPU())
	// Collecting garbage took a tenth of the time. It now runs less often, unless memory comes near a gigabyte.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(1 << 30)
	os.Exit(m.Run())
}

// Run checks e against the whole contract, with raw framing over tcp, or over udp if it answers datagrams. The cases that depend on framing or
// transport also run with the other framings and over unix sockets. Each case is a subtest of t.
func Run(t *testing.T, e servers.Entry) {
	t.Helper()
	t.Run("together", func(t *testing.T) { RunTogether(t, e) })
	t.Run("alone", func(t *testing.T) { RunAlone(t, e) })
}

// RunTogether runs the cases that can run while other servers are checked too: all but those of [RunAlone].
func RunTogether(t *testing.T, e servers.Entry) {
	t.Helper()
	ask := asking(t, e, together)
	if ask == nil {
		return
	}
	if e.NewPacket != nil {
		for _, f := range []upper.Framing{upper.Raw, upper.Line, upper.Length} {
			ask("udp", f, "", false)
		}
		return
	}
	ask("tcp", upper.Raw, "", false)
	if raceEnabled {
		ask("tcp", upper.Line, ofSharing, true)
		return
	}
	ask("tcp", upper.Line, ofFraming, true)
	ask("tcp", upper.Length, ofFraming, true)
	if !e.Traits.TCPOnly {
		ask("unix", upper.Raw, ofTransport, true)
	}
}

// RunAlone runs, in a process of their own, the cases that examine a whole process. t must be a test that does nothing
// else; it becomes parallel.
func RunAlone(t *testing.T, e servers.Entry) {
	t.Helper()
	apart(t, func(t *testing.T) {
		switch ask := asking(t, e, alone); {
		case ask == nil:
		case e.NewPacket != nil:
			ask("udp", upper.Raw, "", false)
		default:
			ask("tcp", upper.Raw, "", false)
			ask("tcp", upper.Line, ofRefusal, false)
		}
	})
}

// asking returns a function that checks e with the cases of one part over a network with a framing. It returns nil if e
// cannot be checked: the platform lacks it or, under the race detector, a design of several processes, which share no memory.
func asking(t *testing.T, e servers.Entry, which part) func(network string, f upper.Framing, only string, quick bool) {
	if e.New == nil && e.NewPacket == nil || raceEnabled && e.Traits.Processes {
		return nil
	}
	dir, err := address.Folder()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return func(network string, f upper.Framing, only string, quick bool) {
		target := InProcess(e, network, dir)
		target.Framing = f
		o := Options{Only: regexp.MustCompile(only), Quick: quick, Parallel: 4, Patience: registryPatience, part: which}
		t.Run(network+"/"+f.String(), func(t *testing.T) {
			if which == together {
				t.Parallel()
			}
			if which == together && f != upper.Raw && !obeys(t, target, o) {
				return
			}
			RunTarget(t, target, o)
		})
	}
}

// registryPatience is longer than the patience of a check: the designs tested here are expected to be right, and a
// machine that tests many packages at once may be slow.
const registryPatience = 20 * time.Second

// Patterns of the cases whose result may depend on the framing (ofFraming, ofRefusal) or the transport (ofTransport).
// Under the race detector line framing is tried on the cases of ofSharing only, in which it changes what goroutines
// share.
const (
	ofSharing   = `^(framing|chaos|drain)/`
	ofFraming   = `^(bytes|cuts|framing|order|half-close|chaos|drain)/|recovery/after-fault|then-reads`
	ofRefusal   = `^resources/descriptors-after-fault$` // needs a framing, and to be alone
	ofTransport = `^(framing|order|half-close|reset|back-pressure|chaos|drain)/|many/(ten|burst|places)|bytes/(hello|random|megabyte)`
)

// RunTarget checks one target and reports each case as a subtest of t. The first failed case of each cause is reported
// in full and every other in one line; the causes are listed at the end.
func RunTarget(t *testing.T, target Target, o Options) {
	t.Helper()
	o.Quick = o.Quick || testing.Short()
	report := Check(t.Context(), target, o)
	said := map[string]string{} // cause to the case that said it
	for _, r := range report.Results {
		if r.Outcome == Skipped {
			continue
		}
		t.Run(r.Case, func(t *testing.T) {
			switch {
			case r.Failure != nil && r.Outcome != Known:
				first, repeated := said[r.Failure.Fault]
				if repeated && r.Failure.Fault != "" {
					what, _, _ := strings.Cut(r.Failure.What, "\n")
					t.Errorf("%s; as in %s", what, first)
					return
				}
				said[r.Failure.Fault] = r.Case
				t.Errorf("rule: %s\n%v", r.Why, r.Failure)
			case r.Outcome == NotRun:
				t.Errorf("not run: %s", r.Reason)
			}
			t.Logf("took %v", r.Took.Round(time.Millisecond))
			for _, note := range r.Notes {
				t.Log(note)
			}
		})
	}
	for _, f := range report.Faults() {
		t.Logf("%s: %s", f.Words, strings.Join(f.Cases, ", "))
	}
}

// obeys reports whether a server that is started with the framing of target waits for the end of a request. If not,
// that is its only failure: every other rule of the framing would repeat it.
func obeys(t *testing.T, target Target, o Options) bool {
	t.Helper()
	o.Only = regexp.MustCompile("^framing/(line|length)-waits$")
	for _, r := range Check(t.Context(), target, o).Results {
		if r.Outcome == Failed {
			t.Errorf("%s: %s; is Config.Protocol.Framing obeyed? The other rules of %s framing are not asked\nrule: %s",
				r.Case, r.Failure.What, target.Framing, r.Why)
			return false
		}
	}
	return true
}
