package servertest

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"time"

	"socketbench/patterns/proc"
	"socketbench/servers/upper"
)

// sender is a client of a datagram server. Its socket is not connected, so it also sees replies that come from another
// address than the one that was asked. Its methods end the case when something wrong arrives, or when nothing arrives for
// as long as the patience lasts.
type sender struct {
	s      *caseRun
	conn   *net.UDPConn
	server netip.AddrPort
	room   []byte

	sent, got         int64
	sentHead, gotHead []byte
	steps             []string
}

// longestDatagram is how many bytes a datagram over IPv4 carries: 65,535 with the headers of IP and UDP.
const longestDatagram = 65535 - 20 - 8

// socketFor opens a socket from which a server is asked: at a random loopback address where that is possible, because on
// the usual one a late reply to a client that has gone may find the next owner of its port.
func socketFor(server netip.AddrPort) (*net.UDPConn, error) {
	if server.Addr().Is4() && server.Addr().IsLoopback() {
		if conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: anyLoopback().(*net.TCPAddr).IP}); err == nil {
			return conn, nil
		}
	}
	local := netip.IPv4Unspecified()
	if server.Addr().Is6() {
		local = netip.IPv6Unspecified()
	}
	return net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0)))
}

// sender opens a socket, or ends the case.
func (s *caseRun) sender() *sender {
	to, err := net.ResolveUDPAddr("udp", s.server.Address)
	if err != nil {
		s.fail("the address %q is not one of UDP: %v", s.server.Address, err)
	}
	server := netip.AddrPortFrom(to.AddrPort().Addr().Unmap(), uint16(to.Port))
	conn, err := socketFor(server)
	if err != nil {
		panic(&Failure{What: "no further socket can be opened: " + err.Error(), own: ownLimit(err)})
	}
	c := &sender{s: s, conn: conn, server: server, room: make([]byte, 64<<10)}
	s.connected.Add(1)
	s.server.clients.Add(1)
	s.mu.Lock()
	s.senders = append(s.senders, c)
	s.mu.Unlock()
	if s.over() {
		conn.Close()
	}
	return c
}

func (c *sender) step(format string, args ...any) {
	if len(c.steps) == stepsKept {
		c.steps = append(c.steps[:0], c.steps[1:]...)
	}
	c.steps = append(c.steps, fmt.Sprintf(format, args...))
}

// send sends b as one datagram.
func (c *sender) send(b []byte) {
	c.step("send a datagram of %d bytes %s", len(b), excerpt(b))
	if _, err := c.conn.WriteToUDPAddrPort(b, c.server); err != nil {
		c.failWith(Failure{What: "could not send: " + err.Error(), own: ownLimit(err), sight: sight{event: sawOther}})
	}
	c.sent += int64(len(b))
	c.sentHead = addHead(c.sentHead, b)
}

// next returns the next datagram and the address that it came from. ok is false if none came within d.
func (c *sender) next(d time.Duration) (b []byte, from netip.AddrPort, ok bool) {
	c.conn.SetReadDeadline(time.Now().Add(d))
	n, from, err := c.conn.ReadFromUDPAddrPort(c.room)
	if err != nil {
		return nil, from, false
	}
	c.s.server.received.Add(int64(n))
	c.s.heard.Store(proc.Clock())
	c.got += int64(n)
	c.gotHead = addHead(c.gotHead, c.room[:n])
	c.step("got a datagram of %d bytes %s", n, excerpt(c.room[:n]))
	return c.room[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), true
}

// reply waits for the next datagram. what is the cause if none comes; "" leaves that to the case.
func (c *sender) reply(cause string) (b []byte, from netip.AddrPort) {
	came := false
	c.s.patiently(func(until time.Time) bool {
		b, from, came = c.next(time.Until(until))
		return came || c.s.server.hasEnded() || c.s.over()
	})
	if !came {
		c.failWith(Failure{What: "no reply came", Fault: cause, hung: true, sight: c.sees(sawSilence, nil, nil)})
	}
	return b, from
}

// expect waits for the reply to request.
func (c *sender) expect(request []byte) {
	reply, _ := c.reply("")
	c.compare(request, reply)
}

// compare ends the case if reply is not the one to request.
func (c *sender) compare(request, reply []byte) {
	want := c.s.answerTo(request)
	if bytes.Equal(want, reply) {
		if bytes.IndexByte(reply, 0xff) >= 0 {
			c.s.server.rawBytes.Store(true)
		}
		return
	}
	f := Failure{What: fmt.Sprintf("the reply is %s, and must be %s", datagram(reply), datagram(want)),
		sight: c.sees(sawWrong, want, bytes.Clone(reply))}
	switch {
	case len(want) == 0:
		f.What = fmt.Sprintf("the reply to an empty datagram is %s, and must be empty", datagram(reply))
	case bytes.Equal(request, reply):
		f.Fault = onlyEchoes
	case bytes.HasPrefix(want, reply):
		f.What = fmt.Sprintf("the reply has %d of %d bytes", len(reply), len(want))
		f.Fault = cutsShort
		if rest, _, more := c.next(10 * time.Millisecond); more {
			f.Fault = splitsUp
			f.What += fmt.Sprintf(", and a second datagram came: %s", datagram(rest))
		} else if all := lacks(f.sight); len(all) > 0 {
			f.Fault = all[0]
		}
	}
	c.failWith(f)
}

// ask sends b as one datagram and waits for its reply.
func (c *sender) ask(b string) {
	request := c.s.frame(b)
	c.send(request)
	c.expect(request)
}

// quiet ends the case if anything comes within d. cause is why something might.
func (c *sender) quiet(d time.Duration, cause string) {
	if b, _, came := c.next(d); came {
		c.failWith(Failure{What: "a datagram that is no reply: " + datagram(b), Fault: cause, sight: c.sees(sawExtra, nil, b)})
	}
}

// sees is the sight of a datagram that was compared.
func (c *sender) sees(e event, want, got []byte) sight {
	return sight{event: e, want: want[:min(len(want), windowSize)], got: got[:min(len(got), windowSize)], sentAny: c.sent > 0,
		gotAny: c.got > int64(len(got)), sent: classesOf(want) | classesOf(c.sentHead), lines: c.s.framing == upper.Line}
}

func (c *sender) failWith(f Failure) {
	f.Sent, f.Got, f.Steps = describe(c.sent, c.sentHead), describe(c.got, c.gotHead), c.steps
	f.echoed = len(c.gotHead) > 0 && bytes.HasPrefix(c.sentHead, c.gotHead) && bytes.ContainsFunc(c.gotHead, small)
	panic(&f)
}

// datagram describes a datagram by its size and its beginning.
func datagram(b []byte) string {
	if len(b) == 0 {
		return "empty"
	}
	return fmt.Sprintf("%d bytes %s", len(b), excerpt(b))
}

// answerTo returns the reply to a datagram that holds one request.
func (s *caseRun) answerTo(request []byte) []byte {
	reply, header := bytes.Clone(request), len(s.frame(""))
	if s.framing != upper.Length {
		header = 0
	}
	for i, b := range reply {
		if i < header {
			continue
		}
		if 'a' <= b && b <= 'z' {
			reply[i] = b - 32
		}
	}
	return reply
}

// nobodyReceives reports whether no program receives at the server's port: the system then refuses a datagram (ICMP, RFC
// 1122, 4.1.3.1), which only a connected socket is told.
func nobodyReceives(address string, patience time.Duration) error {
	conn, err := net.Dial("udp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	for range 2 { // the refusal of the first datagram is the error of the second, or of the read
		conn.SetDeadline(time.Now().Add(patience))
		if _, err = conn.Write([]byte("a")); err == nil {
			_, err = conn.Read(make([]byte, 64))
		}
		if err == nil || timedOut(err) {
			return nil
		}
	}
	return err
}
