package cmd

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTalkThroughAPipe(t *testing.T) {
	address, _ := served(t, "goroutine", "--listen", "tcp://127.0.0.1:0")
	var out, errs bytes.Buffer
	require.Equal(t, exitDone, Main([]string{"talk", address}, strings.NewReader("hello\n"), &out, &errs), errs.String())
	require.Equal(t, "HELLO\n", out.String())
}

func TestTalkSendsAFileAndGoesOnWhereItStopped(t *testing.T) {
	for _, framing := range []string{"raw", "line", "length"} {
		t.Run(framing, func(t *testing.T) {
			address, _ := served(t, "goroutine", "--listen", "tcp://127.0.0.1:0", "--framing", framing)
			dir := t.TempDir()
			in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
			text := bytes.Repeat([]byte("a line of a file, 0123456789\n"), 50_000)
			require.NoError(t, os.WriteFile(in, text, 0o600))
			talk := func() (int, string, string) {
				return command("talk", address, "--framing", framing, "--file", in, "--out", out)
			}
			code, stdout, stderr := talk()
			require.Equal(t, exitDone, code, stderr)
			require.Contains(t, stdout, "1450000 bytes, every one checked")

			require.NoError(t, os.Truncate(out, 1_000_001)) // as if the connection had broken there
			code, stdout, stderr = talk()
			require.Equal(t, exitDone, code, stderr)
			require.Contains(t, stderr, "continuing at byte 1000001 of 1450000")
			require.Contains(t, stdout, "449999 bytes")
			got, err := os.ReadFile(out)
			require.NoError(t, err)
			require.True(t, bytes.Equal(bytes.ToUpper(text), got))

			require.NoError(t, os.WriteFile(out, []byte("SOMETHING ELSE"), 0o600))
			code, _, stderr = talk()
			require.Equal(t, exitUsage, code)
			require.Contains(t, stderr, "remove it or name another --out")
			got, err = os.ReadFile(out)
			require.NoError(t, err)
			require.Equal(t, "SOMETHING ELSE", string(got), "what is not ours is not touched")
		})
	}
}

func TestTalkNoticesAServerThatAnswersWrongly(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		text, _ := io.ReadAll(conn)
		text = bytes.ToUpper(text)
		text[700] = '?'
		conn.Write(text)
	}()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	require.NoError(t, os.WriteFile(in, bytes.Repeat([]byte("x"), 1000), 0o600))
	code, _, stderr := command("talk", "tcp://"+ln.Addr().String(), "--file", in, "--out", out)
	require.Equal(t, exitNo, code)
	require.Contains(t, stderr, `byte 700 of the reply is '?', expected 'X'`)
	require.Contains(t, stderr, "700 of 1000 bytes are in")
	kept, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("X", 700), string(kept), "what was right is kept, what was wrong is not")
}

func TestTalkRefuses(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := "tcp://" + ln.Addr().String()
	ln.Close()
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{nobody}, exitNo, "start a server: socketbench serve goroutine --listen " + nobody},
		{[]string{nobody, "--file", "x"}, exitUsage, "--file and --out belong together"},
		{[]string{nobody, "--file", "/no/such/file", "--out", filepath.Join(t.TempDir(), "o")}, exitUsage, "no such file"},
		{[]string{"http://x"}, exitUsage, `there is no network "http"`},
	} {
		code, _, stderr := command(append([]string{"talk"}, c.args...)...)
		require.Equal(t, c.code, code, stderr)
		require.Contains(t, stderr, c.want)
	}
}
