package load_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
)

// mail speaks as much SMTP (RFC 5321) as it takes to be greeted: the server has the first word, in two lines
// and in pieces, and a client that did not wait for it would be told off.
func mail(conn net.Conn) {
	lines := bufio.NewReader(conn)
	conn.SetReadDeadline(time.Now().Add(2 * time.Millisecond))
	_, err := lines.Peek(1)
	conn.SetReadDeadline(time.Time{})
	if err == nil {
		io.WriteString(conn, "554 you spoke before me\r\n")
		return
	}
	for _, piece := range []string{"220-mail.example\r\n22", "0 ready\r", "\n"} {
		if _, err := io.WriteString(conn, piece); err != nil {
			return
		}
	}
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		reply := "500 what\r\n"
		if strings.HasPrefix(line, "NOOP") {
			reply = "250 ok\r\n"
		}
		if _, err := io.WriteString(conn, reply); err != nil {
			return
		}
	}
}

func TestAServerThatSpeaksFirstIsHeardOut(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Address, o.Connections = serve(t, "tcp", mail), 4
		o.Conversation = &load.Conversation{Greeting: []byte("220 ready\r\n"), Say: []byte("NOOP\r\n"), Expect: []byte("250 ok\r\n")}
		answered(t, o, run)
		o.Requests, o.Pipeline = 3, 3 // sessions, each with its own; the last may end the window unasked
		_, r := enough(t, o, run, func(r *load.Result) bool { return r.Metrics["completed"] > 12 })
		require.Zero(t, r.Metrics["wrong"]+r.Metrics["duplicate"]+r.Metrics["lost"], "%v", r.Metrics)
		require.Greater(t, r.Metrics["completed"], 12.0)
		require.GreaterOrEqual(t, r.Metrics["connect.p50"], 2e6, "connecting lasts until the greeting is whole")
	})
}

func TestAServerThatIsNotHeardOutSaysMoreThanItIsAsked(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Address, o.Connections = serve(t, "tcp", mail), 1
		o.Conversation = &load.Conversation{Say: []byte("NOOP\r\n"), Expect: []byte("250 ok\r\n")}
		r := run(t, o)
		require.Positive(t, r.Metrics["wrong"]+r.Metrics["lost"]+r.Metrics["duplicate"], "%v", r.Metrics)
	})
}
