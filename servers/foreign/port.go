package foreign

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports below those that systems choose by default for outgoing connections: Linux begins at 32,768 (ip(7),
// ip_local_port_range), other systems above that.
const firstPort, lastPort = 10_240, 32_767

// FreePort returns a port of tcp or udp of 127.0.0.1 that no program uses, for a program that must be given one. It avoids the
// ports that the system chooses for others, because such a port may be taken before the program has started.
func FreePort(network string) (port int, err error) {
	for range 100 {
		port = firstPort + rand.IntN(lastPort-firstPort+1)
		var socket io.Closer
		at := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		if network == "udp" {
			socket, err = net.ListenPacket(network, at)
		} else {
			socket, err = net.Listen(network, at)
		}
		if err == nil {
			socket.Close()
			return port, nil
		}
	}
	return 0, fmt.Errorf("foreign: no free port from %d to %d in 100 tries: %w", firstPort, lastPort, err)
}
