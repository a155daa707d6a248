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

// TestAlone asks every design of the registry what looks at the whole process. What can be asked of several in one
// process is asked in the designs' own tests.
func TestAlone(t *testing.T) {
	t.Parallel()
	for _, e := range servers.All() {
		t.Run(e.Name, func(t *testing.T) { servertest.RunAlone(t, e) })
	}
}
