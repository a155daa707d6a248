// udpreaders: several goroutines read one socket, and each answers the datagram that it has read.
//
// How it waits. Every reader waits in ReadFrom on the same socket, and the kernel's queue hands
// each datagram to one of them. Package net lets one goroutine at a time into the read; the others
// wait behind it for as long as that takes, and handlers and writes run beside it.
//
// What it costs. A goroutine and two buffers for each reader, however many clients there are. A
// datagram costs the same two system calls as with one reader, and sometimes a wake-up of another
// goroutine. It pays when a handler waits or computes: the socket is read meanwhile.
//
// Where it breaks. When all readers are in their handlers nobody reads, the socket's buffer fills,
// and datagrams are lost as with one reader, only at a higher rate. Readers do not help where the
// system calls are the limit, since reads of one socket happen one after the other. A socket for
// each CPU (SO_REUSEPORT) or many datagrams in one call (recvmmsg) would help there.
//
// Watch for. Order is lost: two datagrams of one client are answered by two goroutines, and the
// second may overtake the first. Each reader needs buffers of its own, or replies mix. One
// deadline wakes all readers at the stop, and each of them finishes the datagram that it holds.

package servers

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"socketbench/patterns/overflow"
)

// UDPReaders lets several goroutines read one socket.
type UDPReaders struct {
	cfg  Config
	size int // of a buffer
}

// NewUDPReaders returns the design under cfg. Workers is the number of readers; without a ReadSize
// their buffers hold the longest datagram.
func NewUDPReaders(cfg Config) PacketServer {
	return &UDPReaders{cfg.WithDefaults(), cmp.Or(cfg.ReadSize, udpLongest)}
}

// ServePacket reads and answers until ctx ends. Tally.Lost then counts the datagrams that the
// system dropped.
func (s *UDPReaders) ServePacket(ctx context.Context, pc net.PacketConn) error {
	// region listen
	defer pc.Close()
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(ctx, func() {
		pc.SetReadDeadline(time.Unix(1, 0)) // wakes every reader
		time.AfterFunc(s.cfg.DrainTimeout, cut)
	})()
	// endregion
	// region accept
	// There is nothing to accept: a datagram knows its client only by the sender's address.
	// endregion
	// region dispatch
	var readers sync.WaitGroup
	failed := make(chan error, s.cfg.Pool())
	for range s.cfg.Pool() {
		readers.Go(func() { failed <- s.serve(ctx, work, pc) })
	}
	readers.Wait()
	// endregion
	// region drain
	if lost, ok := overflow.Count(pc); ok {
		s.cfg.Tally.Lost.Add(lost)
	}
	switch {
	case ctx.Err() == nil:
		return <-failed
	case work.Err() != nil:
		return fmt.Errorf("udpreaders: requests were cut off, after %v", s.cfg.DrainTimeout)
	}
	return nil
	// endregion
}

// serve is one reader. It returns an error if the socket is broken.
func (s *UDPReaders) serve(ctx, work context.Context, pc net.PacketConn) (err error) {
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
		out, err = s.cfg.Protocol.Datagram(work, out[:0], in[:n])
		if err != nil {
			s.cfg.Fault(err)
		} else if n, err = pc.WriteTo(out, peer); err != nil {
			s.cfg.Tally.Lost.Add(1)
		} else {
			s.cfg.Tally.Written.Add(int64(n))
		}
		// endregion
	}
	return err
}
