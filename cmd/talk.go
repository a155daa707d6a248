package cmd

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// talker is the client's side of one conversation.
type talker struct {
	*app
	ctx     context.Context
	conn    net.Conn
	framing upper.Framing
	patient time.Duration // after which a wait for a reply is explained
}

func (a *app) talk() *cobra.Command {
	var (
		t       = talker{app: a}
		in, out string
		timeout time.Duration
	)
	c := &cobra.Command{
		Use:   "talk ADDRESS",
		Short: "the client: a prompt, a pipe, or a file",
		Long: "Talk sends what you type and shows what comes back. With its input from a pipe it sends that as it is\n" +
			"and writes the replies to its output. With --file and --out it sends a file and keeps the reply, checked\n" +
			"byte by byte; run again, it goes on where it stopped.",
		Example: "  socketbench talk tcp://127.0.0.1:9000\n" +
			"  echo hello | socketbench talk tcp://127.0.0.1:9000\n" +
			"  socketbench talk unix:///tmp/upper.sock --file big.txt --out BIG.txt",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			where, err := servers.ParseAddress(args[0])
			if err != nil {
				return err
			}
			if (in == "") != (out == "") {
				return errors.New("talk: --file and --out belong together")
			}
			if in != "" && where.Network == "udp" {
				return errors.New("talk: a file needs a stream: datagrams are lost and reordered in silence; use tcp:// or unix://")
			}
			var transfer *transfer
			if in != "" { // before anything is sent
				if transfer, err = openTransfer(in, out, t.framing); err != nil {
					return err
				}
				defer transfer.close()
			}
			d := net.Dialer{Timeout: timeout}
			if t.conn, err = d.DialContext(c.Context(), where.Network, where.Where); err != nil {
				return &doesNotHold{fmt.Errorf("talk: nobody answers at %v: %w; start a server: socketbench serve goroutine --listen %v",
					where, err, where)}
			}
			t.ctx = c.Context()
			defer t.conn.Close()
			defer context.AfterFunc(t.ctx, func() { t.conn.Close() })()
			switch stdin, ok := a.stdin.(*os.File); {
			case transfer != nil:
				err = t.send(transfer)
			case ok && term.IsTerminal(int(stdin.Fd())) || where.Network == "udp":
				err = t.prompt()
			default:
				err = t.pipe()
			}
			if err != nil && t.ctx.Err() == nil {
				return &doesNotHold{err}
			}
			return nil
		},
	}
	f := c.Flags()
	f.TextVar(&t.framing, "framing", upper.Raw, "what the server speaks: raw, line or length")
	f.StringVar(&in, "file", "", "the file to send")
	f.StringVar(&out, "out", "", "the file for the reply")
	f.DurationVar(&timeout, "timeout", 5*time.Second, "how long connecting may take")
	f.DurationVar(&t.patient, "patience", 2*time.Second, "how long a reply may take before the wait is explained")
	return c
}

// prompt sends one line at a time and waits for its reply.
func (t *talker) prompt() error {
	fmt.Fprintf(t.stderr, "connected: %v -> %v; an empty line is explained, Ctrl-D ends\n", t.conn.LocalAddr(), t.conn.RemoteAddr())
	lines := bufio.NewScanner(t.stdin)
	for t.ask(); lines.Scan(); t.ask() {
		if len(lines.Bytes()) == 0 && !t.sendsEmpty() {
			fmt.Fprintln(t.stderr, "nothing was sent: a stream has no empty messages, so no reply will come.\n"+
				"A client that waits for one now waits for ever; so does a server that waits for yours.")
			continue
		}
		reply, err := t.exchange(frame(t.framing, lines.Bytes()))
		if err != nil {
			return err
		}
		fmt.Fprintf(t.stdout, "%s\n", printable(reply))
	}
	fmt.Fprintln(t.stderr)
	return lines.Err()
}

func (t *talker) ask() { fmt.Fprint(t.stderr, "> ") }

// sendsEmpty reports whether an empty message is something on the wire: a datagram, a line, a header.
func (t *talker) sendsEmpty() bool {
	return t.framing != upper.Raw || t.conn.RemoteAddr().Network() == "udp"
}

// frame makes a request of what was typed.
func frame(f upper.Framing, text []byte) []byte {
	switch f {
	case upper.Line:
		return append(text[:len(text):len(text)], '\n')
	case upper.Length:
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)
	}
	return text
}

// exchange sends one request and reads as many bytes as the protocol promises back.
func (t *talker) exchange(request []byte) ([]byte, error) {
	if _, err := t.conn.Write(request); err != nil {
		return nil, fmt.Errorf("talk: the server has gone: %w", err)
	}
	patience := time.AfterFunc(t.patient, func() { fmt.Fprintln(t.stderr, t.waiting()) })
	defer patience.Stop()
	reply := make([]byte, len(request), len(request)+1)
	if t.conn.RemoteAddr().Network() == "udp" {
		t.conn.SetReadDeadline(time.Now().Add(2 * t.patient))
		reply = reply[:cap(reply)] // a read into no room at all would not take an empty datagram
		n, err := t.conn.Read(reply)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return []byte("(no reply: the datagram or its answer is lost, or nobody is there; udp does not say)"), nil
		}
		return reply[:n], err
	}
	switch n, err := io.ReadFull(t.conn, reply); {
	case err == nil:
		return reply, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("talk: the server closed after %d of %d bytes of the reply (an empty read means: the peer has closed)",
			n, len(request))
	default:
		return nil, fmt.Errorf("talk: %w", err)
	}
}

// waiting explains a reply that does not come.
func (t *talker) waiting() string {
	if t.conn.RemoteAddr().Network() == "udp" {
		return "still waiting; a datagram may be lost in silence"
	}
	return "still waiting. Connected is not accepted: the kernel completes connections and takes your bytes before the\n" +
		"server calls accept and read. A sequential server is busy with somebody else; Ctrl-C gives up."
}

// printable is reply with everything but printable text quoted: a server must not command a terminal.
func printable(reply []byte) string {
	quoted := fmt.Sprintf("%+q", reply)
	if len(quoted) == len(reply)+2 {
		return string(reply)
	}
	return quoted[1 : len(quoted)-1]
}

// pipe sends standard input as it is while it writes the replies to standard output.
func (t *talker) pipe() error {
	sent := make(chan error, 1)
	go func() {
		_, err := io.Copy(t.conn, t.stdin)
		sent <- err // first: the server may close as soon as it has seen the half-close
		if half, ok := t.conn.(interface{ CloseWrite() error }); ok && err == nil {
			half.CloseWrite() // everything is sent; the replies still come
		}
	}()
	if _, err := io.Copy(t.stdout, t.conn); err != nil {
		return fmt.Errorf("talk: %w", err)
	}
	select {
	case err := <-sent:
		return err
	default:
		return errors.New("talk: the server closed before everything was sent")
	}
}
