package servertest_test

import (
	"testing"

	"socketbench/servers"
	"socketbench/servers/servertest"
)

// TestRegistry asks the whole contract of every design of the registry.
func TestRegistry(t *testing.T) {
	for _, e := range servers.All() {
		t.Run(e.Name, func(t *testing.T) { servertest.Run(t, e) })
	}
}
