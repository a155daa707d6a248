package servers_test

import (
	"testing"

	"socketbench/servers"
	"socketbench/servers/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m) }

// TestContract asks every design of the registry all of the contract that can be asked of several at once.
// The rest, which looks at the whole process, is asked in the suite's own tests.
func TestContract(t *testing.T) {
	for _, e := range servers.All() {
		t.Run(e.Name, func(t *testing.T) {
			// One that cannot hold high descriptors shares the numbers with nobody; and a library whose poller
			// blocks in the system waits behind everybody else's goroutines whenever it returns.
			if e.Traits.MaxFD == 0 && e.Family != "libraries" {
				t.Parallel()
			}
			servertest.RunTogether(t, e)
		})
	}
}
