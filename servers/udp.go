// udp: one goroutine answers datagrams, in the order in which they come.
//
// How it waits. In one place, ReadFrom, for all clients together: there are no connections. A
// datagram comes whole, with its sender's address, and the reply goes back there.
//
// What it costs. A system call to read and one to write for each datagram, and nothing for each
// client: no descriptor, no goroutine, no buffer, no state that could outlive it.
//
// Where it breaks. In silence. When datagrams come faster than they are answered the socket's
// buffer fills and the kernel throws away the rest, and nobody is told: not the sender, whose
// send has succeeded, and not the server, whose reads go on succeeding. Order and delivery are
// nobody's promise. A handler that waits stalls everybody, and then loses for them.
//
// Watch for. The buffer: a datagram that is longer is cut off without an error, so it must hold
// the longest there is. An empty datagram exists, is read as 0 bytes, and is no end: it gets an
// empty reply. An error is one datagram's, as a client that is gone is no reason to stop. And
// whoever wants to know what was lost must ask the kernel, or number the requests.

package servers

import (
	"context"
	"fmt"
	"net"
	"time"

	"socketbench/patterns/overflow"
)

// UDP answers datagrams in one loop.
type UDP struct{ cfg Config }

// NewUDP returns the design under cfg.
func NewUDP(cfg Config) PacketServer { return &UDP{cfg.WithDefaults()} }

const (
	udpLongest  = 64 << 10 // no datagram is longer: its length has 16 bits
	udpFailures = 100      // reads that fail in a row are the socket's fault and no client's
)

// ServePacket reads and answers until ctx ends. Tally.Lost then says what was thrown away.
func (s *UDP) ServePacket(ctx context.Context, pc net.PacketConn) (err error) {
	// region listen
	defer pc.Close()
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(ctx, func() {
		pc.SetReadDeadline(time.Unix(1, 0)) // wakes the read
		time.AfterFunc(s.cfg.DrainTimeout, cut)
	})()
	// endregion
	// region accept
	// There is nothing to accept: its sender's address is all that a datagram knows of a client.
	// endregion
	in, out := make([]byte, udpLongest), make([]byte, 0, udpLongest)
	for failures := 0; ctx.Err() == nil && failures < udpFailures && work.Err() == nil; {
		// region read
		var n int
		var peer net.Addr
		if n, peer, err = pc.ReadFrom(in); err != nil { // one client's, on systems that tell
			failures++
			continue
		}
		failures = 0
		s.cfg.Tally.Read.Add(int64(n))
		// endregion
		// region reply
		// region dispatch
		out, err = s.answer(work, out[:0], in[:n])
		// endregion
		if err != nil {
			s.cfg.Fault(err)
		} else if n, err = pc.WriteTo(out, peer); err != nil {
			s.cfg.Tally.Lost.Add(1)
		} else {
			s.cfg.Tally.Written.Add(int64(n))
		}
		// endregion
	}
	// region drain
	if lost, ok := overflow.Count(pc); ok {
		s.cfg.Tally.Lost.Add(lost)
	}
	switch {
	case ctx.Err() == nil:
		return err
	case work.Err() != nil:
		return fmt.Errorf("udp: the last request was cut off, after %v", s.cfg.DrainTimeout)
	}
	return nil
	// endregion
}

// answer appends the replies to what is in one datagram, which is a whole conversation.
func (s *UDP) answer(work context.Context, out, in []byte) ([]byte, error) {
	session := s.cfg.Protocol.NewSession()
	for {
		var n int
		var err error
		if out, n, err = session.Feed(work, out, in); err != nil {
			return out, err
		}
		if in = in[n:]; len(in) == 0 {
			return session.Close(out)
		}
	}
}
