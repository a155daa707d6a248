package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"socketbench/servers/address"
	"socketbench/servers/upper"
)

// longestDatagram is how many bytes a datagram over IPv4 carries: 65,535 with the headers of IP and UDP
// (RFC 791, RFC 768).
const longestDatagram = 65535 - 20 - 8

// correspondence is a conversation in datagrams. Each may be lost, and a reply does not say which request it answers.
type correspondence struct {
	*talker
	expect upper.Protocol
	buffer []byte
	number int         // of the lines sent so far
	silent []requested // requests without a reply, oldest first
	wrong  int         // lines whose reply is missing or wrong
}

// requested is a line that was sent, and the reply that is due.
type requested struct {
	number int
	reply  []byte
}

// mostSilent is how many unanswered requests are remembered, so that a late reply is recognized.
const mostSilent = 1000

// datagrams sends each line as one datagram and waits for its reply as long as patience allows. It writes one
// line for each in any case, and fails at the end if a reply was missing, cut or wrong.
func (t *talker) datagrams() error {
	c := correspondence{talker: t, expect: upper.Protocol{Framing: t.framing}, buffer: make([]byte, 64<<10)}
	if err := t.lines(c.send); err != nil {
		return err
	}
	if c.wrong > 0 {
		return fmt.Errorf("talk: %d of %s had no correct reply", c.wrong, counted(int64(c.number), "datagram"))
	}
	return nil
}

func (c *correspondence) send(line []byte) error {
	request := c.framing.Frame(line)
	c.number++
	if len(request) > longestDatagram {
		c.wrong++
		fmt.Fprintln(c.stdout, "(not sent)")
		fmt.Fprintf(c.stderr, "not sent: a datagram carries at most %d bytes, and this line has %d\n", longestDatagram, len(request))
		return nil
	}
	if _, err := c.conn.Write(request); err != nil {
		return c.gone(err)
	}
	asked := requested{c.number, c.due(request)}
	c.conn.SetReadDeadline(time.Now().Add(c.patient))
	for {
		n, err := c.conn.Read(c.buffer)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.wrong++
			if c.silent = append(c.silent, asked); len(c.silent) > mostSilent {
				c.silent = c.silent[1:]
			}
			fmt.Fprintln(c.stdout, "(no reply)")
			fmt.Fprintf(c.stderr, "no reply within %v: the datagram or its answer is lost, or the server is slow; UDP does not say which\n", c.patient)
			return nil
		case err != nil:
			return c.gone(err)
		}
		reply := c.buffer[:n]
		if late := c.late(asked, reply); late >= 0 {
			fmt.Fprintf(c.stderr, "a late reply to line %d: %s\n", c.silent[late].number, printable(unframe(c.framing, reply)))
			c.silent = append(c.silent[:late], c.silent[late+1:]...)
			continue
		}
		fmt.Fprintln(c.stdout, printable(unframe(c.framing, reply)))
		if why := amiss(asked.reply, reply); why != "" {
			c.wrong++
			fmt.Fprintln(c.stderr, why)
		}
		return nil
	}
}

// due is the reply to a request.
func (c *correspondence) due(request []byte) []byte {
	reply, err := c.expect.Datagram(context.Background(), nil, request)
	if err != nil {
		return request // longer than the protocol allows, so its reply is not defined
	}
	return reply
}

// late returns the index of the earlier request that a reply belongs to; -1 if it answers the last request, or none.
func (c *correspondence) late(asked requested, reply []byte) int {
	if answers(asked.reply, reply) {
		return -1
	}
	for i, s := range c.silent {
		if answers(s.reply, reply) {
			return i
		}
	}
	return -1
}

// answers reports whether a reply is the one that is due, or its beginning. An empty reply is the beginning of every reply, and
// counts for none.
func answers(due, reply []byte) bool {
	return bytes.Equal(due, reply) || len(reply) > 0 && bytes.HasPrefix(due, reply)
}

// amiss says what is wrong with a reply; "" if nothing is.
func amiss(due, reply []byte) string {
	switch {
	case bytes.Equal(due, reply):
		return ""
	case bytes.HasPrefix(due, reply):
		return fmt.Sprintf("the reply has %d of %d bytes: the server cut the datagram; what did not fit into its buffer is lost and will not come", len(reply), len(due))
	case bytes.HasPrefix(reply, due):
		return fmt.Sprintf("the reply has %s, %d more than are due", counted(int64(len(reply)), "byte"), len(reply)-len(due))
	}
	return "the reply is not what was sent, in upper case"
}

// gone explains an error of the socket. A datagram to a port that no program uses is answered with a refusal (ICMP,
// RFC 1122, 4.1.3.1).
func (c *correspondence) gone(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		at := address.Of(c.conn.RemoteAddr())
		return fmt.Errorf("talk: no program receives at %v: the port is not in use; start a server: %s", at, c.starter(at))
	}
	what, _ := address.Ended(err)
	return fmt.Errorf("talk: %s", what)
}
