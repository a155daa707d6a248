package servertest_test

import (
	"testing"

	"socketbench/servers"
	"socketbench/servers/servertest"
)

func TestMain(m *testing.M) {
	servertest.ServeMutant()
	servertest.Main(m)
}

// TestAlone runs, for every design of the registry, the cases that examine a whole process. The cases that can run for
// several designs in one process are in the designs' own tests.
func TestAlone(t *testing.T) {
	t.Parallel()
	for _, e := range servers.All() {
		t.Run(e.Name, func(t *testing.T) { servertest.RunAlone(t, e) })
	}
}
