package spec

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
	"socketbench/servers/upper"
)

func TestConfiguredSaysWhatIsUnusual(t *testing.T) {
	require.Empty(t, Configured(servers.Config{}))
	require.Empty(t, Configured(servers.Config{IdleTimeout: 5 * time.Second}), "the usual")
	c := servers.Config{Workers: 2, Protocol: upper.Protocol{Framing: upper.Line, Work: upper.Work{Wait: 300 * time.Millisecond}}}
	require.Equal(t, "line framing, 2 workers, 300ms of waiting", Configured(c))
}
