package cmd

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
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
			require.Contains(t, stderr, "in: 1450000 bytes; they come back in upper case (a-z only), so out will not be a copy\n")
			sums := fmt.Sprintf("sent       1450000 bytes, SHA-256 %x  %s\ncame back  1450000 bytes, SHA-256 %x  %s\n",
				sha256.Sum256(text), in, sha256.Sum256(bytes.ToUpper(text)), out)
			require.Contains(t, stdout, sums)

			require.NoError(t, os.Truncate(out, 1_000_001)) // as if the connection had broken there
			code, stdout, stderr = talk()
			require.Equal(t, exitDone, code, stderr)
			require.Contains(t, stderr, "continuing at byte 1000001 of 1450000")
			require.Contains(t, stdout, "449999 bytes")
			require.Contains(t, stdout, sums, "of the whole files")
			code, stdout, stderr = talk()
			require.Equal(t, exitDone, code, stderr)
			require.Contains(t, stdout, "nothing was sent\n"+sums)
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

// Where the server and the client do not have the same framing, this is suspected, and not the file.
func TestTalkSuspectsAnotherFraming(t *testing.T) {
	for name, c := range map[string]struct {
		server, client, text, want string
	}{
		"a header expected": {"length", "raw", "a file of text", `perhaps it expects a header with the length (--framing length): it would take the first four bytes of the file, "a fi", for a length of 1629513321`},
		"lines expected":    {"line", "raw", "short\n" + strings.Repeat("x", 100_000), "perhaps it expects lines (framing line): from there on the file has none of at most 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			address, _ := served(t, "goroutine", "--listen", "tcp://127.0.0.1:0", "--framing", c.server)
			dir := t.TempDir()
			in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
			require.NoError(t, os.WriteFile(in, []byte(c.text), 0o600))
			code, _, stderr := command("talk", address, "--framing", c.client, "--file", in, "--out", out)
			require.Equal(t, exitNo, code)
			require.Contains(t, stderr, c.want)
			require.Regexp(t, "talk: the server (closed|reset|had closed) the connection", stderr)
		})
	}
	t.Run("a reply without a header", func(t *testing.T) {
		address := answeredBy(t, func(conn net.Conn) {
			text, _ := io.ReadAll(conn)
			conn.Write(bytes.ToUpper(text[4:]))
		})
		dir := t.TempDir()
		in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
		require.NoError(t, os.WriteFile(in, []byte("hello"), 0o600))
		code, _, stderr := command("talk", address, "--framing", "length", "--file", in, "--out", out)
		require.Equal(t, exitNo, code)
		require.Contains(t, stderr, `a header of a reply, "HELL", says 1212501068 bytes, and no request had more than 16384: the server does not speak framing length`)
	})
}

// answersAll is the address of a server that reads all that its client sends, and answers it as reply makes it.
func answersAll(t *testing.T, reply func(text []byte) []byte) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		text, _ := io.ReadAll(conn)
		conn.Write(reply(text))
	}()
	return "tcp://" + ln.Addr().String()
}

func TestTalkNoticesAServerThatAnswersWrongly(t *testing.T) {
	server := answersAll(t, func(text []byte) []byte {
		text = bytes.ToUpper(text)
		text[700] = '?'
		return text
	})
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	require.NoError(t, os.WriteFile(in, bytes.Repeat([]byte("x"), 1000), 0o600))
	code, _, stderr := command("talk", server, "--file", in, "--out", out)
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

// A byte of a letter is shown as the byte, and the names of files command no terminal.
func TestTalkNamesBytesAndFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs Unix: elsewhere a file's name cannot have these bytes")
	}
	address, _ := served(t, "goroutine", "--listen", "tcp://127.0.0.1:0")
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in\x1b[31m"), filepath.Join(dir, "out\r")
	require.NoError(t, os.WriteFile(in, []byte("你好 hello"), 0o600))
	for range 2 { // sent, and found to be complete
		code, stdout, stderr := command("talk", address, "--file", in, "--out", out)
		require.Equal(t, exitDone, code, stderr)
		require.NotRegexp(t, "[\x1b\r]", stdout+stderr)
		require.Contains(t, stdout, `in\x1b[31m`)
		require.Contains(t, stdout, `out\r`)
	}
	require.NoError(t, os.WriteFile(in, []byte("你好 hello, and more"), 0o600))
	server := answersAll(t, func(text []byte) []byte {
		for i := range text {
			text[i] &= 0x7f // as a server that knows only ASCII does
		}
		return text
	})
	code, _, stderr := command("talk", server, "--file", in, "--out", filepath.Join(dir, "other"))
	require.Equal(t, exitNo, code)
	require.Contains(t, stderr, `byte 0 of the reply is 'd', expected '\xe4'`)
}
