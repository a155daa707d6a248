package servertest

import (
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

// A server that asks Linux for the errors of its datagrams (IP_RECVERR) gets the refusal of a client that has gone as the
// error of a read, as every server does on Windows.
func TestPacketMutantThatEndsWithAClient(t *testing.T) {
	if raceEnabled {
		return
	}
	t.Parallel()
	mutantIsCaught(t, "sender/gone", "", endsOfGone, packetFlaw{
		listens: func(pc net.PacketConn) {
			raw, err := pc.(*net.UDPConn).SyscallConn()
			if err != nil {
				t.Error(err)
				return
			}
			raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_RECVERR, 1) })
			if err != nil {
				t.Error(err)
			}
		},
		failed: ofSocket,
	})
}
