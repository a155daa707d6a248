package servertest

import (
	"os"
	"regexp"
	"testing"
	"time"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// Run asks the whole contract of e, raw over tcp, and what depends on framing or transport with the
// other framings and over unix sockets too, as subtests of t.
func Run(t *testing.T, e servers.Entry) {
	t.Helper()
	if e.New == nil || raceEnabled && e.Traits.Processes {
		return // its processes share no memory, and each of them is made of another design
	}
	dir, err := os.MkdirTemp("", "st")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	run := func(t *testing.T, network string, f upper.Framing, o Options) {
		target := InProcess(e, network, dir)
		target.Framing, o.Parallel, o.Patience = f, 8, registryPatience
		t.Run(network+"/"+f.String(), func(t *testing.T) {
			if o.Quick {
				t.Parallel() // nothing that looks at the whole process is among these
			}
			RunTarget(t, target, o)
		})
	}
	run(t, "tcp", upper.Raw, Options{})
	run(t, "tcp", upper.Line, Options{Only: regexp.MustCompile(ofRefusal)})
	t.Run("more", func(t *testing.T) {
		if raceEnabled {
			run(t, "tcp", upper.Line, Options{Quick: true, Only: regexp.MustCompile(ofSharing)})
			return
		}
		run(t, "tcp", upper.Line, Options{Quick: true, Only: regexp.MustCompile(ofFraming)})
		run(t, "tcp", upper.Length, Options{Quick: true, Only: regexp.MustCompile(ofFraming)})
		if !e.Traits.TCPOnly {
			run(t, "unix", upper.Raw, Options{Quick: true, Only: regexp.MustCompile(ofTransport)})
		}
	})
}

// registryPatience is longer than that of a check: what is tested here is expected to be right, and a machine
// that tests many packages at once may be slow.
const registryPatience = 20 * time.Second

// What a framing, and what a transport, can make different; and of the first what makes goroutines share in
// another way than raw bytes do: the race detector has nothing to say of the rest.
const (
	ofSharing   = `^(framing|chaos|drain)/`
	ofFraming   = `^(bytes|cuts|framing|order|half-close|chaos|drain)/|recovery/after-fault|then-reads`
	ofRefusal   = `^resources/descriptors-after-fault$` // needs a framing, and to be alone
	ofTransport = `^(framing|order|half-close|reset|back-pressure|chaos|drain)/|many/(ten|burst|places)|bytes/(hello|random|megabyte)`
)

// RunTarget checks one target and reports each case as a subtest of t.
func RunTarget(t *testing.T, target Target, o Options) {
	t.Helper()
	o.Quick = o.Quick || testing.Short()
	report := Check(t.Context(), target, o)
	for _, r := range report.Results {
		if r.Outcome == Skipped {
			continue
		}
		t.Run(r.Case, func(t *testing.T) {
			t.Logf("took %v", r.Took.Round(time.Millisecond))
			for _, note := range r.Notes {
				t.Log(note)
			}
			switch {
			case r.Failure != nil && r.Outcome != Known:
				t.Errorf("rule: %s\n%v", r.Why, r.Failure)
			case r.Outcome == NotRun:
				t.Errorf("not run: %s", r.Reason)
			}
		})
	}
}
