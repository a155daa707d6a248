package cmd

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// answeredBy serves one client with answer and returns the address.
func answeredBy(t *testing.T, answer func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		answer(conn)
	}()
	t.Cleanup(func() {
		ln.Close()
		<-ended
	})
	return "tcp://" + ln.Addr().String()
}

func talked(t *testing.T, input string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(append([]string{"talk"}, args...), strings.NewReader(input), &out, &errs)
	return code, out.String(), errs.String()
}

func TestAPipeIsToldWhatIsOwed(t *testing.T) {
	all := func(c net.Conn) []byte { text, _ := io.ReadAll(c); return bytes.ToUpper(text) }
	for name, c := range map[string]struct {
		answer         func(net.Conn)
		code           int
		stdout, stderr string
	}{
		"right":      {func(c net.Conn) { c.Write(all(c)) }, exitDone, "HELLO", ""},
		"nothing":    {func(c net.Conn) { all(c) }, exitNo, "", "5 bytes were sent and 0 bytes came back"},
		"part":       {func(c net.Conn) { c.Write(all(c)[:4]) }, exitNo, "HELL", "5 bytes were sent and 4 bytes came back"},
		"more":       {func(c net.Conn) { c.Write(append(all(c), '!')) }, exitNo, "HELLO!", "5 bytes were sent and 6 bytes came back"},
		"stays open": {nil, exitDone, "HELLO", "does not close the connection"},
		"silent":     {nil, exitNo, "H", "still waiting: 5 bytes were sent and 1 byte came back"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			leave := make(chan struct{})
			address := answeredBy(t, func(conn net.Conn) {
				if c.answer != nil {
					c.answer(conn)
					return
				}
				conn.Write(all(conn)[:len(c.stdout)])
				<-leave // the connection stays open until the client has gone
			})
			code, stdout, stderr := talked(t, "hello", address, "--patience", "1s", "--give-up", "1s")
			close(leave)
			require.Equal(t, c.code, code, stderr)
			require.Equal(t, c.stdout, stdout)
			require.Contains(t, stderr, c.stderr)
		})
	}
}

// A server that reads a file and says nothing is not waited for without end, nor is one that does not even read it.
func TestAFileIsGivenUpWhereNothingComesBack(t *testing.T) {
	t.Parallel()
	for name, reads := range map[string]bool{"reads": true, "reads nothing": false} {
		for _, framing := range []string{"raw", "length"} {
			t.Run(name+"/"+framing, func(t *testing.T) {
				t.Parallel()
				leave := make(chan struct{})
				address := answeredBy(t, func(conn net.Conn) {
					if reads {
						io.ReadAll(conn)
					}
					<-leave
				})
				dir := t.TempDir()
				in := filepath.Join(dir, "in")
				require.NoError(t, os.WriteFile(in, make([]byte, 16<<20), 0o600))
				code, _, stderr := command("talk", address, "--file", in, "--out", filepath.Join(dir, "out"), "--framing", framing, "--give-up", "300ms")
				close(leave)
				require.Equal(t, exitNo, code, stderr)
				require.Contains(t, stderr, "the server sent nothing back for 300ms (--give-up)")
				require.Contains(t, stderr, "; 0 of 16777216 bytes are in ")
			})
		}
	}
}

// What ends a conversation too early is said in words, and not in those of package net.
func TestAConversationThatBreaksOffIsExplained(t *testing.T) {
	reset := func(conn net.Conn) { // after everything was sent
		io.ReadAll(conn)
		conn.(*net.TCPConn).SetLinger(0)
	}
	const what = "the server reset the connection"
	const meaning = "its process ended, or it closed before it had read everything; replies on their way are lost"
	t.Run("pipe", func(t *testing.T) {
		code, _, stderr := talked(t, "hello", answeredBy(t, reset))
		require.Equal(t, exitNo, code)
		require.Equal(t, "talk: "+what+" after 0 bytes of replies: "+meaning+"\n", stderr)
	})
	t.Run("file", func(t *testing.T) {
		dir := t.TempDir()
		in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
		require.NoError(t, os.WriteFile(in, []byte("hello"), 0o600))
		code, _, stderr := command("talk", answeredBy(t, reset), "--file", in, "--out", out)
		require.Equal(t, exitNo, code)
		require.Equal(t, "in: 5 bytes; they come back in upper case (a-z only), so out will not be a copy\n"+
			"talk: "+what+" before it had answered everything: "+meaning+
			`; perhaps it expects a header with the length (--framing length): it would take the first four bytes of the file, "hell", for a length of 1751477356`+
			"; 0 of 5 bytes are in "+out+", and the same command continues there\n", stderr)
	})
	for name, c := range map[string]struct {
		answer func(net.Conn)
		want   string
	}{
		"prompt": {func(conn net.Conn) {
			io.ReadFull(conn, make([]byte, 5))
			conn.(*net.TCPConn).SetLinger(0)
		}, what + " after 0 of 5 bytes of the reply: " + meaning},
		"prompt, closed": {func(conn net.Conn) {
			io.ReadFull(conn, make([]byte, 5))
			conn.Write([]byte("HEL"))
		}, "the server closed the connection after 3 of 5 bytes of the reply: a read of 0 bytes means that the peer has closed"},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(answeredBy(t, c.answer), "tcp://"))
			require.NoError(t, err)
			defer conn.Close()
			_, err = (&talker{app: new(app), conn: conn, patient: time.Minute}).exchange([]byte("hello"))
			require.EqualError(t, err, "talk: "+c.want)
		})
	}
}

func TestAReplyThatGoesOnIsComparedFirst(t *testing.T) {
	for name, c := range map[string]struct {
		reply string
		want  string
		kept  string
	}{
		"a greeting in front": {"+HELLO", `byte 0 of the reply is '+', expected 'H'`, ""},
		"a line behind":       {"HELLO\n", "is longer than the file", "HELLO"},
	} {
		t.Run(name, func(t *testing.T) {
			address := answeredBy(t, func(conn net.Conn) {
				io.ReadAll(conn)
				conn.Write([]byte(c.reply))
			})
			dir := t.TempDir()
			in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
			require.NoError(t, os.WriteFile(in, []byte("hello"), 0o600))
			code, _, stderr := command("talk", address, "--file", in, "--out", out)
			require.Equal(t, exitNo, code, stderr)
			require.Contains(t, stderr, c.want)
			kept, err := os.ReadFile(out)
			require.NoError(t, err)
			require.Equal(t, c.kept, string(kept))
		})
	}
}

func TestPrintable(t *testing.T) {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		t.Setenv(name, "")
	}
	for reply, want := range map[string]string{
		"HELLO \t!":              "HELLO \t!",
		"你好 HELLO":               "你好 HELLO",
		"CAFé":                   "CAFé",
		"OK 😀 👩\u200d💻":          "OK 😀 👩\u200d💻",
		"«\u00a0BONJOUR\u202f!»": "«\u00a0BONJOUR\u202f!»",
		"שלום\u200f! مرحبا":      "שלום\u200f! مرحبا",
		"नमस्ते e\u0301":         "नमस्ते e\u0301",
		`C:\DIR`:                 `C:\DIR`,
		"\xff\xfe RAW":           `\xff\xfe RAW`,
		"\x1b]0;PWN\a\x1b[31mX":  `\x1b]0;PWN\x07\x1b[31mX`,
		"\r\n\x00\x7f":           `\r\n\x00\x7f`,
		"\u009b31m":              `\u009b31m`,
		"ABC\u202eDEF":           `ABC\u202eDEF`,
		"\xe4\xbd":               `\xe4\xbd`,
		"\u2028":                 `\u2028`,
		strings.Repeat("é", 100): strings.Repeat("é", 100),
	} {
		require.Equal(t, want, printable([]byte(reply)))
	}
	t.Setenv("LC_ALL", "C")
	require.Equal(t, `CAF\u00e9 \U0001f600`, printable([]byte("CAFé 😀")))
}
