package servertest_test

import (
	"flag"
	"os"
	"testing"

	"socketbench/patterns/prefork"
	"socketbench/servers"
	"socketbench/servers/servertest"
)

func TestMain(m *testing.M) {
	prefork.Child(servers.PreforkChild)
	servertest.ServeMutant()
	flag.Set("test.parallel", "6") // whatever the number of CPUs: most of the time is waiting; -parallel has its way
	os.Exit(m.Run())
}

// TestRegistry asks every design of the registry all of the contract that can be asked of several at once.
func TestRegistry(t *testing.T) {
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

// TestRegistryAlone asks every design the rest, one after the other.
func TestRegistryAlone(t *testing.T) {
	for _, e := range servers.All() {
		t.Run(e.Name, func(t *testing.T) { servertest.RunAlone(t, e) })
	}
}
