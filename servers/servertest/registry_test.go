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

// TestAlone asks every design of the registry what looks at the whole process, one after the other. What can
// be asked of several at once is asked in the designs' own tests.
func TestAlone(t *testing.T) {
	for _, e := range servers.All() {
		t.Run(e.Name, func(t *testing.T) { servertest.RunAlone(t, e) })
	}
}
