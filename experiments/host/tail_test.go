package host

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a server said is kept to the byte and commands no terminal.
func TestTheLastWordsAreQuoted(t *testing.T) {
	var said tail
	said.Write([]byte("\x1b[31mpanic\x1b[0m \x00 \xff\xfe \x85\r\n  at line 1\u202e\n"))
	require.Equal(t, `\x1b[31mpanic\x1b[0m \x00 \xff\xfe \x85`+"\n"+`  at line 1\u202e`, said.String())
}

func TestLastWordsBeginWithAWholeLetter(t *testing.T) {
	var said tail
	said.Write([]byte("é" + strings.Repeat("x", tailSize-1)))
	require.Equal(t, "... "+strings.Repeat("x", tailSize-1), said.String())
	said.Write([]byte("é"))
	require.Equal(t, "... "+strings.Repeat("x", tailSize-2)+"é", said.String())
}
