package cmd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"socketbench/servers/upper"
)

// prompt sends one line at a time and waits for its reply.
func (t *talker) prompt() error {
	return t.lines(func(line []byte) error {
		if len(line) == 0 && t.framing == upper.Raw {
			fmt.Fprintln(t.stderr, "nothing was sent: a stream has no empty messages, so no reply will come.\n"+
				"A client that waits for a reply now waits for ever, and so does a server that waits for a request.")
			return nil
		}
		reply, err := t.exchange(t.framing.Frame(line))
		if len(reply) > 0 || err == nil {
			fmt.Fprintln(t.stdout, printable(unframe(t.framing, reply)))
		}
		return err
	})
}

// lines calls each with every line of the input, without its end, until that fails. A line may have any length.
func (t *talker) lines(each func(line []byte) error) error {
	empty := "an empty line sends nothing"
	if t.framing != upper.Raw || t.conn.RemoteAddr().Network() == "udp" {
		empty = "an empty line is an empty message"
	}
	ask := func(string) {}
	if _, person := isTerminal(t.stdin); person {
		ask = func(text string) { fmt.Fprint(t.stderr, text) }
	}
	ask(fmt.Sprintf("connected: %v -> %v; %s, Ctrl-D ends\n", t.conn.LocalAddr(), t.conn.RemoteAddr(), empty))
	in := bufio.NewReader(t.stdin)
	for {
		ask("> ")
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
			if err := each(line); err != nil {
				return err
			}
		}
		if err != nil {
			ask("\n")
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return err
		}
	}
}

// unframe is the text of a reply to one request.
func unframe(f upper.Framing, reply []byte) []byte {
	switch f {
	case upper.Line:
		return bytes.TrimSuffix(reply, []byte("\n"))
	case upper.Length:
		return reply[min(upper.HeaderSize, len(reply)):]
	}
	return reply
}

// exchange sends one request and reads the reply, which is as long. With an error it returns what came. It reads while
// it sends, because a server answers a long request in parts.
func (t *talker) exchange(request []byte) ([]byte, error) {
	sent := make(chan error, 1)
	go func() {
		_, err := t.conn.Write(request)
		sent <- err
	}()
	patience := time.AfterFunc(t.patient, func() {
		fmt.Fprintln(t.stderr, "still waiting. A connection can exist before the server accepts it: the kernel completes the handshake and takes\n"+
			"your bytes before the server calls accept and read. Perhaps it serves another client first; Ctrl-C gives up.")
	})
	defer patience.Stop()
	reply := make([]byte, len(request))
	n, err := io.ReadFull(t.conn, reply)
	if err == nil {
		err = <-sent
	}
	if err != nil {
		err = fmt.Errorf("talk: %w", brokenOff(err, fmt.Sprintf("after %d of %d bytes of the reply", n, len(request))))
	}
	return reply[:n], err
}
