package cmd

import (
	"net"
	"strconv"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
)

// asNode is the environment variable that makes this binary a NATS server: its URL, its URL for the others of the cluster,
// and theirs.
const asNode = "SOCKETBENCH_TEST_NATS"

// runNode is a NATS server until the process ends.
func runNode(text string) error {
	words := strings.Fields(text)
	hostPort := func(url string) (string, int) {
		host, port, _ := net.SplitHostPort(strings.TrimPrefix(url, "nats://"))
		n, _ := strconv.Atoi(port)
		return host, n
	}
	o := &server.Options{NoLog: true, NoSigs: true, ServerName: words[0]}
	o.Host, o.Port = hostPort(words[0])
	o.Cluster.Name = "test"
	o.Cluster.Host, o.Cluster.Port = hostPort(words[1])
	o.Routes = server.RoutesFromStr(words[2])
	s, err := server.NewServer(o)
	if err != nil {
		return err
	}
	s.Start()
	s.WaitForShutdown()
	return nil
}
