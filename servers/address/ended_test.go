package address

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnEndIsSaidInWords(t *testing.T) {
	wrapped := func(op string, err error) error {
		return fmt.Errorf("a prefix: %w", &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError(op, err)})
	}
	_, noSocket := net.Dial("unix", filepath.Join(t.TempDir(), "none"))
	for want, err := range map[string]error{
		"the server closed the connection":     io.EOF,
		"the server reset the connection":      wrapped("read", syscall.ECONNRESET),
		"the server had closed the connection": wrapped("write", syscall.EPIPE),
		"the connection was refused":           wrapped("connect", syscall.ECONNREFUSED),
		"the connection timed out":             wrapped("read", syscall.ETIMEDOUT),
	} {
		what, meaning := Ended(err)
		require.Equal(t, want, what)
		require.NotEmpty(t, meaning, want)
	}
	what, _ := Ended(noSocket)
	require.Equal(t, "the connection was refused", what)
	what, meaning := Ended(wrapped("write", syscall.EMSGSIZE))
	require.Equal(t, syscall.EMSGSIZE.Error(), what, "an end that is rare is in the system's words, without the operation")
	require.Empty(t, meaning)
}
