package result

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestResumeNamesTheMachinesOfARun(t *testing.T) {
	require.Equal(t, "socketbench run --resume r", Manifest{}.Resume("r"))
	m := Manifest{Agents: []Agent{{Name: "server"}, {Name: "one"}, {Name: "two"}}}
	require.Equal(t, "socketbench run --resume r --fleet FILE --serve-on server --load-on one,two", m.Resume("r"))
}
