// udp: one goroutine answers datagrams, in the order in which they come.
//
// How it waits. The goroutine waits in ReadFrom, for all clients together, because there are no
// connections. A datagram arrives whole, with its sender's address, and the reply goes to that
// address.
//
// What it costs. A system call to read and one to write for each datagram, and nothing for each
// client: no descriptor, no goroutine, no buffer, no state that could outlive it.
//
// Where it breaks. It loses requests in silence. When datagrams arrive faster than they are
// answered, the socket's buffer fills and the kernel drops the rest. No call reports this: the
// sender's send has succeeded, and the server's reads go on succeeding. Neither order nor delivery
// is guaranteed. A handler that waits stalls all clients, and then datagrams are lost.
//
// Watch for. What is longer than the buffer is cut off without an error, so the buffer holds the
// longest datagram possible, unless Config.ReadSize asks for a smaller one. A datagram may be
// empty: it is read as 0 bytes, does not mean the end, and gets an empty reply. An error is about
// one datagram: a client that has gone is no reason to stop. To learn how many were lost, ask the
// kernel or number the requests.

package servers

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"time"

	"socketbench/patterns/overflow"
)

// UDP answers datagrams in one loop.
type UDP struct {
	cfg  Config
	size int // of the buffer
}

// NewUDP returns the design under cfg. Without a ReadSize its buffer holds the longest datagram.
func NewUDP(cfg Config) PacketServer {
	return &UDP{cfg.WithDefaults(), cmp.Or(cfg.ReadSize, udpLongest)}
}

const (
	udpLongest  = 64 << 10 // no datagram is longer, because its length field has 16 bits
	udpFailures = 100      // after so many failed reads in a row the socket is broken, not a client
)

// ServePacket reads and answers until ctx ends. Tally.Lost then counts the datagrams that the
// system dropped.
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
	// There is nothing to accept: a datagram knows its client only by the sender's address.
	// endregion
	in, out := make([]byte, s.size), make([]byte, 0, s.size)
	for failures := 0; ctx.Err() == nil && failures < udpFailures && work.Err() == nil; {
		// region read
		var n int
		var peer net.Addr
		if n, peer, err = pc.ReadFrom(in); err != nil { // on some systems: a client has gone
			failures++
			continue
		}
		failures = 0
		s.cfg.Tally.Read.Add(int64(n))
		// endregion
		// region reply
		// region dispatch
		out, err = s.cfg.Protocol.Datagram(work, out[:0], in[:n])
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
