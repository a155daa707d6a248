package servertest_test

import (
	"os"
	"testing"

	"socketbench/patterns/prefork"
	"socketbench/servers"
	"socketbench/servers/servertest"
)

func TestMain(m *testing.M) {
	prefork.Child(servers.PreforkChild)
	servertest.ServeMutant()
	os.Exit(m.Run())
}

// TestRegistry asks the whole contract of every design of the registry.
func TestRegistry(t *testing.T) {
	for _, e := range servers.All() {
		t.Run(e.Name, func(t *testing.T) { servertest.Run(t, e) })
	}
}
