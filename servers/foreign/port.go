package foreign

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports below those that systems choose by default for outgoing connections: Linux begins at 32,768 (ip(7),
// ip_local_port_range), other systems above that.
const firstPort, lastPort = 10_240, 32_767

// FreePort returns a port of 127.0.0.1 on which no program listens, for a program that must be given one. It avoids the
// ports that the system chooses for others, because such a port may be taken before the program has started.
func FreePort() (port int, err error) {
	for range 100 {
		port = firstPort + rand.IntN(lastPort-firstPort+1)
		var ln net.Listener
		if ln, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			ln.Close()
			return port, nil
		}
	}
	return 0, fmt.Errorf("foreign: no free port from %d to %d in 100 tries: %w", firstPort, lastPort, err)
}
