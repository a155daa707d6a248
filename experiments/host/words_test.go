package host

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What a shell says of the end that every server comes to is not what the server said.
func TestOwnWords(t *testing.T) {
	for said, want := range map[string]string{
		"":                               "",
		"Terminated":                     "",
		"Killed":                         "",
		"Traceback\nOSError\nTerminated": "Traceback\nOSError",
		"Terminated\nby hand":            "Terminated\nby hand",
		"Not Terminated":                 "Not Terminated",
	} {
		require.Equal(t, want, ownWords(said), "%q", said)
	}
}
