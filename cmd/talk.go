package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"

	"socketbench/servers/address"
	"socketbench/servers/upper"
)

// talker is the client's side of one conversation.
type talker struct {
	*app
	ctx     context.Context
	conn    net.Conn
	framing upper.Framing
	patient time.Duration // after which a wait for a reply is explained, or a datagram given up
	giveUp  time.Duration // how long a pipe or a file waits while nothing arrives
}

func (a *app) talk() *cobra.Command {
	var (
		t       = talker{app: a}
		in, out string
		timeout time.Duration
		framing *upper.Framing
	)
	c := &cobra.Command{
		Use:   "talk ADDRESS",
		Short: "talk to a server from a prompt, a pipe, or a file",
		Long: "Talk sends what you type and shows the replies. If its input is a pipe, it sends the input unchanged and\n" +
			"writes the replies to its output. With --file and --out it sends a file and stores the reply, which is the\n" +
			"file in upper case, checked byte by byte; the same command continues a transfer that was interrupted. Over\n" +
			"udp:// each line is a datagram, from a pipe too.\n\n" +
			"It exits with 1 if the server has gone, or if part of a reply is missing.",
		Example: "  socketbench talk tcp://127.0.0.1:9000\n" +
			"  echo hello | socketbench talk tcp://127.0.0.1:9000\n" +
			"  socketbench talk unix:///tmp/upper.sock --file big.txt --out BIG.txt",
		Args: arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			t.framing = *framing
			where, err := address.ParseServer(args[0])
			if err != nil {
				return fmt.Errorf("talk: %w", err)
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
			if t.conn, err = d.DialContext(c.Context(), where.Network, where.Where); address.Nameless(err) {
				return fmt.Errorf("talk: address %q: %s", where, where.NoConnection(err))
			} else if err != nil {
				return &doesNotHold{fmt.Errorf("talk: %s; start a server: %s", where.NoConnection(err), a.starter(where))}
			}
			t.ctx = c.Context()
			defer t.conn.Close()
			defer context.AfterFunc(t.ctx, func() { t.conn.Close() })()
			switch _, person := isTerminal(a.stdin); {
			case transfer != nil:
				err = t.send(transfer)
			case where.Network == "udp":
				err = t.datagrams()
			case person:
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
	framing = framingFlag(c)
	f := c.Flags()
	f.StringVar(&in, "file", "", "file to send")
	f.StringVar(&out, "out", "", "file for the reply")
	f.DurationVar(&timeout, "timeout", 5*time.Second, "time limit for connecting")
	f.DurationVar(&t.patient, "patience", 2*time.Second, "time after which talk explains why it still waits for a reply, or gives up waiting for a datagram")
	f.DurationVar(&t.giveUp, "give-up", 30*time.Second, "time after which a pipe or a file gives up if nothing has arrived")
	return c
}

// brokenOff is the error of a conversation that ended too early: what the server did, when, and what that means.
func brokenOff(err error, when string) error {
	what, meaning := address.Ended(err)
	if meaning != "" {
		when += ": " + meaning
	}
	return fmt.Errorf("%s %s", what, when)
}
