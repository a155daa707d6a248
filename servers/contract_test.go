package servers_test

import (
	"testing"

	"socketbench/servers"
	"socketbench/servers/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// TestContract runs the contract on every design of the registry, except for the cases that look at the whole
// process: several designs run at once here, so the tests of package servertest run those.
func TestContract(t *testing.T) {
	for _, e := range servers.All() {
		t.Run(e.Name, func(t *testing.T) {
			// A design with a limit on descriptor numbers needs the low numbers for itself. A library whose poller
			// blocks in a system call waits behind the goroutines of all other tests each time the call returns.
			if e.Traits.MaxFD == 0 && e.Family != "libraries" {
				t.Parallel()
			}
			servertest.RunTogether(t, e)
		})
	}
}
