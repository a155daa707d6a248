package spec

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A line that names the version of YAML is no document of its own, and neither is the end of one.
func TestADirectiveIsNoDocument(t *testing.T) {
	e, err := Parse("file.yaml", []byte("%YAML 1.2\n---\nname: a\nquestion: q\nservers: [goroutine]\n...\n"), registry())
	require.NoError(t, err)
	require.Equal(t, "a", e.Name)
}
