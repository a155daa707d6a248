package servertest

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// program is a server of which the suite knows nothing but its address, as it is with a command. It runs serve for each
// connection, and closes it afterwards.
func program(serve func(*net.TCPConn)) Target { return workers(1000, serve) }

// workers is a program that serves so many connections at once, in the order in which they come, and each to its end.
func workers(n int, serve func(*net.TCPConn)) Target {
	return Target{Name: "program", Network: "tcp", Start: func(context.Context, servers.Config) (*Instance, error) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		inst := &Instance{Network: "tcp", Address: ln.Addr().String(), Done: make(chan struct{})}
		inst.Stop = func() { ln.Close() }
		places := make(chan struct{}, n)
		go func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					inst.End(nil)
					return
				}
				places <- struct{}{}
				go func() {
					defer func() { <-places }()
					defer conn.Close()
					serve(conn.(*net.TCPConn))
				}()
			}
		}()
		return inst, nil
	}}
}

// reads answers what each read returns with what of makes of it.
func reads(of func([]byte) []byte) func(*net.TCPConn) {
	return func(conn *net.TCPConn) {
		buf := make([]byte, 16<<10)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			conn.Write(of(buf[:n]))
		}
	}
}

// readsLines answers whole lines only, as a server with readline does.
func readsLines(of func([]byte) []byte) func(*net.TCPConn) {
	return func(conn *net.TCPConn) {
		for r := bufio.NewReader(conn); ; {
			line, err := r.ReadBytes('\n')
			if len(line) > 0 {
				conn.Write(of(line))
			}
			if err != nil {
				return
			}
		}
	}
}

// A server whose every reply is wrong in the same way is told so in one sentence, soon, and is accused of nothing else.
func TestAHabitIsOneSentence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		serve   func(*net.TCPConn)
		framing upper.Framing
		words   string
	}{
		"a banner": {func(c *net.TCPConn) {
			c.Write([]byte("220 welcome\r\n"))
			reads(plain)(c)
		}, upper.Raw, greets},
		"half of it":      {reads(func(b []byte) []byte { return plain(b[:max(1, len(b)/2)]) }), upper.Raw, answersPart},
		"twice":           {reads(func(b []byte) []byte { return append(plain(b), plain(b)...) }), upper.Raw, twice},
		"a line end":      {reads(func(b []byte) []byte { return append(plain(b), '\n') }), upper.Raw, addsLineEnd},
		"a prompt":        {reads(func(b []byte) []byte { return append([]byte("> "), plain(b)...) }), upper.Raw, bytesInFront},
		"a tail":          {reads(func(b []byte) []byte { return append(plain(b), 0) }), upper.Raw, addsBytes},
		"an echo":         {reads(func(b []byte) []byte { return b }), upper.Raw, onlyEchoes},
		"lower case":      {reads(bytes.ToLower), upper.Raw, smallInstead},
		"lines under raw": {readsLines(plain), upper.Raw, answersLines},
		"a full buffer": {func(c *net.TCPConn) {
			for buf := make([]byte, 1024); ; {
				n, err := io.ReadFull(c, buf)
				c.Write(plain(buf[:n]))
				if err != nil {
					return
				}
			}
		}, upper.Raw, waitsFull},
		"HTTP": {func(c *net.TCPConn) {
			if b := make([]byte, 4); true {
				if _, err := io.ReadFull(c, b); err != nil || string(b) != "GET " {
					io.Copy(io.Discard, c)
					return
				}
			}
			c.Write([]byte("HTTP/1.0 200 OK\r\n\r\n"))
			io.Copy(io.Discard, c)
		}, upper.Raw, speaksHTTP},
		"headers under raw": {func(c *net.TCPConn) {
			for head := make([]byte, upper.HeaderSize); ; {
				if _, err := io.ReadFull(c, head); err != nil || head[0]+head[1] > 0 {
					return
				}
				body := make([]byte, int(head[2])<<8+int(head[3]))
				if _, err := io.ReadFull(c, body); err != nil {
					return
				}
				c.Write(append(bytes.Clone(head), plain(body)...))
			}
		}, upper.Raw, answersSizes},
		"resets": {func(c *net.TCPConn) {
			reads(plain)(c)
			c.SetLinger(0)
		}, upper.Raw, resetsAtEnd},
		"one message": {func(c *net.TCPConn) {
			buf := make([]byte, 16<<10)
			n, _ := c.Read(buf)
			c.Write(plain(buf[:n]))
		}, upper.Raw, answersOne},
		"one line": {func(c *net.TCPConn) {
			line, _ := bufio.NewReader(c).ReadBytes('\n')
			c.Write(plain(line))
		}, upper.Line, answersOne},
		"no line end":      {readsLines(func(b []byte) []byte { return plain(bytes.TrimSuffix(b, []byte("\n"))) }), upper.Line, endlessLine},
		"another line end": {readsLines(func(b []byte) []byte { return append(plain(bytes.TrimSuffix(b, []byte("\n"))), "\r\n"...) }), upper.Line, lineEnds},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := program(c.serve)
			target.Framing = c.framing
			report := Check(t.Context(), target, Options{Only: regexp.MustCompile("^(bytes/(hello|alphabet|lengths)|order/ping-pong|half-close/.*)$"), Patience: time.Second})
			faults := report.Faults()
			for _, r := range report.Results {
				if r.Outcome == Failed {
					t.Log(r.Case, r.Failure)
				}
			}
			require.Len(t, faults, 1)
			require.Equal(t, c.words, faults[0].Words)
			require.Equal(t, c.words, report.Habit)
			require.False(t, report.OK())
		})
	}
}

// A server that answers rightly, but only after a while, has no such habit; the report says how long a reply took.
func TestALateReplyIsNoHabit(t *testing.T) {
	t.Parallel()
	target := program(reads(func(b []byte) []byte {
		time.Sleep(late + late/2)
		return plain(b)
	}))
	report := Check(t.Context(), target, Options{Only: regexp.MustCompile("^bytes/hello$"), Patience: 10 * time.Second})
	require.True(t, report.OK(), report.Results)
	require.Greater(t, report.Late, late)
	require.Contains(t, report.Slow(), "a reply took 0.")
	prompt := Check(t.Context(), program(reads(plain)), Options{Only: regexp.MustCompile("^bytes/hello$")})
	require.True(t, prompt.OK())
}
