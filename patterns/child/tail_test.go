package child

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTailKeepsTheEnd(t *testing.T) {
	var w tail
	for i := range 5000 {
		fmt.Fprintf(&w, "line %d\n", i)
	}
	require.True(t, strings.HasPrefix(w.String(), "... "))
	require.True(t, strings.HasSuffix(w.String(), "line 4999"))
	require.LessOrEqual(t, len(w.String()), tailSize+4)
}

func TestLastWordsBeginWithAWholeLetter(t *testing.T) {
	var said tail
	said.Write([]byte("é" + strings.Repeat("x", tailSize-1)))
	require.Equal(t, "... "+strings.Repeat("x", tailSize-1), said.String())
	said.Write([]byte("é"))
	require.Equal(t, "... "+strings.Repeat("x", tailSize-2)+"é", said.String())
}
