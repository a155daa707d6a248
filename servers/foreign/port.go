package foreign

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports that no system gives out by itself where nobody has changed that: Linux begins at 32,768 (ip(7),
// ip_local_port_range), others above.
const firstPort, lastPort = 10_240, 32_767

// FreePort returns a port of 127.0.0.1 on which nobody listens, for a program that must be told one. Of the
// ports that the system gives out, one that was free a moment ago may be somebody else's before the program
// has started; of these, only who chooses it too can take it.
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
