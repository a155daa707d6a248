package watch

import (
	"context"
	"encoding/binary"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// SeesKernel says whether the kernel can be asked here what a server has accepted and read.
func SeesKernel() bool {
	diag, err := openDiag()
	if err != nil {
		return false
	}
	unix.Close(diag)
	return true
}

func openDiag() (int, error) {
	return unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
}

// samplePeriod is how often the kernel is asked.
const samplePeriod = 20 * time.Millisecond

// sample asks the kernel for the server's end of each client's connection, and emits an event whenever that has
// changed. It uses sock_diag(7), with one exact look-up for each connection. The same figures stand in /proc/net/tcp,
// but where thousands of old connections are in TIME-WAIT reading that table takes longer than a sample may.
func (p *play) sample(ctx context.Context) {
	if p.address.Network != "tcp" {
		return
	}
	diag, err := openDiag()
	if err != nil {
		return
	}
	defer unix.Close(diag)
	known := make([]half, len(p.scene.Clients))
	tick := time.NewTicker(samplePeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		p.mu.Lock()
		pairs := append([]pair(nil), p.pairs...)
		p.mu.Unlock()
		for i, pair := range pairs {
			now, ok := lookUp(diag, pair)
			if !ok {
				known[i] = half{}
				continue
			}
			if now.accepted && !known[i].accepted {
				p.happened(i, Accepted, 0, "")
			}
			// After a send it is an event too that nothing is unread.
			if now.sends = pair.sends; now.unread != known[i].unread || now.sends != known[i].sends {
				p.happened(i, Unread, int(now.unread), "")
			}
			known[i] = now
		}
	}
}

// half is the server's end of a connection. A connection without an inode is held by no process: the
// kernel has completed the handshake, and accept has not been called for it.
type half struct {
	accepted bool
	unread   uint32 // bytes in the receive queue
	sends    int    // of the client, when it was looked at
}

// Sizes and places in struct inet_diag_req_v2 and struct inet_diag_msg of linux/inet_diag.h, behind the
// netlink header of 16 bytes.
const (
	headerSize  = 16
	requestSize = headerSize + 56
	messageSize = headerSize + 72
)

// lookUp asks for the socket whose local end is the server's and whose remote end is the client's.
func lookUp(diag int, p pair) (half, bool) {
	client, ok1 := p.client.(*net.TCPAddr)
	server, ok2 := p.server.(*net.TCPAddr)
	if !ok1 || !ok2 {
		return half{}, false
	}
	q := make([]byte, requestSize)
	family, from, to := byte(unix.AF_INET), server.IP.To4(), client.IP.To4()
	if from == nil {
		family, from, to = unix.AF_INET6, server.IP.To16(), client.IP.To16()
	}
	binary.NativeEndian.PutUint32(q[0:], requestSize)
	binary.NativeEndian.PutUint16(q[4:], unix.SOCK_DIAG_BY_FAMILY)
	binary.NativeEndian.PutUint16(q[6:], unix.NLM_F_REQUEST)
	q[16], q[17] = family, unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(q[20:], ^uint32(0)) // in any state
	binary.BigEndian.PutUint16(q[24:], uint16(server.Port))
	binary.BigEndian.PutUint16(q[26:], uint16(client.Port))
	copy(q[28:44], from)
	copy(q[44:60], to)
	binary.NativeEndian.PutUint64(q[64:], ^uint64(0)) // INET_DIAG_NOCOOKIE
	if err := unix.Sendto(diag, q, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return half{}, false
	}
	a := make([]byte, 512)
	// The kernel answers a look-up before the send returns, so this does not block.
	n, _, err := unix.Recvfrom(diag, a, unix.MSG_DONTWAIT)
	if err != nil || n < messageSize || binary.NativeEndian.Uint16(a[4:]) != unix.SOCK_DIAG_BY_FAMILY {
		return half{}, false
	}
	unread := binary.NativeEndian.Uint32(a[headerSize+56:])
	if state := a[headerSize+1]; state == unix.BPF_TCP_CLOSE_WAIT && unread > 0 {
		unread-- // the peer's FIN takes a place in the sequence, but is no byte to read
	}
	return half{unread: unread, accepted: binary.NativeEndian.Uint32(a[headerSize+68:]) != 0}, true
}
