package servers

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"socketbench/servers/blocking"
	"socketbench/servers/suggest"
)

// Registry is a plain table of servers in teaching order.
type Registry []Entry

// threadMost is how many connections thread serves at once: Go ends a program that has 10,000 threads.
const threadMost = 9000

// All returns a copy of the registry of this package: the four trunks first, then the designs that grew from them. If
// the platform lacks what a design needs, New is nil: a constructor whose name is in lower case is nil on a system that
// cannot have its design. If the system refuses what a design needs, New is nil and Refused says why. The first call
// probes for that, and later calls use its result.
func All() Registry { return slices.Clone(permitted()) }

var permitted = sync.OnceValue(func() Registry {
	r := slices.Clone(all)
	for i := range r {
		if probe := probes[r[i].Name]; probe != nil && r[i].New != nil {
			if r[i].Refused = probe(); r[i].Refused != nil {
				r[i].New = nil
			}
		}
	}
	return r
})

var all = Registry{
	{Name: "sequential", Idea: "one connection at a time, from accept to close", Family: "blocking",
		New: NewSequential, Traits: Traits{MaxConns: 1}},
	{Name: "goroutine", Idea: "a goroutine for every connection", Family: "goroutines",
		After: "sequential", New: NewGoroutine, Traits: Traits{Cores: true}},
	{Name: "pool", Idea: "connections queue for a fixed number of workers", Family: "pools",
		After: "goroutine", New: NewPool, Traits: Traits{ConnPerWorker: true, Cores: true}},
	{Name: "deadline", Idea: "one goroutine visits every connection in turn, under a short deadline",
		Family: "polling", After: "sequential", New: NewDeadline, Traits: Traits{Stalls: true, PerConn: time.Millisecond}},

	{Name: "timeout", Idea: "one connection at a time, each under a deadline", Family: "blocking",
		After: "sequential", New: NewTimeout, Traits: Traits{MaxConns: 1, IdleLimit: true}},
	{Name: "limited", Idea: "a goroutine for every connection, and a bound on how many there are",
		Family: "goroutines", After: "goroutine", New: NewLimited, Traits: Traits{Permits: true, Cores: true}},
	{Name: "acceptors", Idea: "several goroutines accept on one listener", Family: "goroutines",
		After: "goroutine", New: NewAcceptors, Traits: Traits{Cores: true}},
	{Name: "duplex", Idea: "two goroutines for every connection, one that reads and one that writes",
		Family: "goroutines", After: "goroutine", New: NewDuplex, Traits: Traits{Ahead: blocking.Ahead, Cores: true}},
	{Name: "dispatch", Idea: "each connection has a reader, requests run on a pool of workers", Family: "pools",
		After: "duplex", New: NewDispatch, Traits: Traits{Ahead: blocking.Ahead, Cores: true}},
	{Name: "pipeline", Idea: "three goroutines for every connection: read, transform, write",
		Family: "goroutines", After: "duplex", New: NewPipeline, Traits: Traits{Ahead: blocking.Ahead, Cores: true}},
	{Name: "owner", Idea: "readers post requests to one goroutine that alone answers them", Family: "goroutines",
		After: "duplex", New: NewOwner, Traits: Traits{Ahead: blocking.Ahead, Cores: true, Stalls: true}},
	{Name: "udp", Idea: "one goroutine answers datagrams, in the order in which they come", Family: "datagrams",
		After: "sequential", NewPacket: NewUDP, Traits: Traits{Stalls: true}},
	{Name: "udpreaders", Idea: "several goroutines read one socket, and each answers the datagram that it has read", Family: "datagrams",
		After: "udp", NewPacket: NewUDPReaders, Traits: Traits{Reorders: true, Cores: true}},

	{Name: "thread", Idea: "an operating system thread, blocked in the kernel, for every connection",
		Family: "blocking", After: "goroutine", Needs: "unix", New: newThread,
		Traits: Traits{MaxConns: threadMost, Permits: true, Cores: true}},
	{Name: "borrow", Idea: "a goroutine for every connection, and a buffer only while it reads or writes",
		Family: "goroutines", After: "goroutine", Needs: "unix", New: newBorrow,
		Traits: Traits{Uncounted: true, Cores: true}},
	{Name: "tryread", Idea: "one goroutine visits every connection in turn with reads that never wait",
		Family: "polling", After: "deadline", Needs: "unix", New: newTryread,
		Traits: Traits{Uncounted: true, Stalls: true}},
	{Name: "select", Idea: "one goroutine hands the kernel sets of bits, one bit a descriptor",
		Family: "readiness", After: "tryread", Needs: "unix", New: newSelect,
		Traits: Traits{Uncounted: true, Stalls: true, MaxFD: 1024}},
	{Name: "poll", Idea: "one goroutine hands the kernel the list of all connections",
		Family: "readiness", After: "select", Needs: "unix", New: newPoll,
		Traits: Traits{Uncounted: true, Stalls: true}},
	{Name: "epoll", Idea: "one goroutine asks the kernel which connections are ready and serves only those",
		Family: "readiness", After: "poll", Needs: "linux", New: newEpoll,
		Traits: Traits{Uncounted: true, Stalls: true}},
	{Name: "epolledge", Idea: "one goroutine is told when a connection changes, and remembers the rest itself",
		Family: "readiness", After: "epoll", Needs: "linux", New: newEpolledge,
		Traits: Traits{Uncounted: true, Stalls: true}},
	{Name: "multiepoll", Idea: "an acceptor deals connections out to several reactors, one a CPU",
		Family: "readiness", After: "epoll", Needs: "linux", New: newMultiepoll,
		Traits: Traits{Uncounted: true, Stalls: true, Cores: true}},
	{Name: "reuseport", Idea: "several epoll loops, each with a listener of its own on the same port",
		Family: "readiness", After: "multiepoll", Needs: "linux", New: newReuseport,
		Traits: Traits{Uncounted: true, Stalls: true, Cores: true, TCPOnly: true, ReusePort: true}},
	{Name: "halfsync", Idea: "one goroutine waits for all connections, a pool of workers reads and answers them",
		Family: "readiness", After: "epoll", Needs: "linux", New: newHalfsync,
		Traits: Traits{Uncounted: true, Cores: true}},
	{Name: "leader", Idea: "workers take turns at waiting; one that gets an event promotes the next and serves it",
		Family: "readiness", After: "halfsync", Needs: "linux", New: newLeader,
		Traits: Traits{Uncounted: true, Cores: true}},
	{Name: "uring", Idea: "one goroutine tells the kernel what to do for each connection and is told when it is done",
		Family: "completion", After: "epoll", Needs: "linux", New: newUring,
		Traits: Traits{Uncounted: true, Stalls: true}},
	{Name: "prefork", Idea: "child processes share one listening socket, each with an event loop of its own",
		Family: "processes", After: "reuseport", Needs: "linux", New: newPrefork,
		Traits: Traits{Uncounted: true, Stalls: true, Cores: true, Processes: true}},
	{Name: "netpoll", Idea: "the library cloudwego/netpoll: its pollers read, handlers run on its goroutines",
		Family: "libraries", After: "dispatch", Needs: "linux", New: newNetpoll,
		Traits: Traits{Cores: true, Library: "github.com/cloudwego/netpoll v0.7.2", Faults: []Fault{
			{Case: "half-close/blocked", Also: `^(half-close|cuts|framing|bytes|order|many|chaos)/`,
				Sentence: "a reply that is not yet written when the peer half-closes is lost, because the library closes both directions"},
			{Case: "back-pressure/stops-reading", Also: `^back-pressure/`,
				Sentence: "it goes on reading, without a bound, from a client that does not read its replies"},
			{Also: `^drain/`,
				Sentence: "when it is told to stop it closes connections with unread input, which the peer sees as a reset"},
		}}},
}

// Lookup returns the entry of a name. It returns an error if the server does not run here, or if the name is unknown;
// that error suggests the nearest name.
func (r Registry) Lookup(name string) (Entry, error) {
	for _, e := range r {
		if e.Name == name {
			if !e.Available() {
				return Entry{}, e.unavailable()
			}
			return e, nil
		}
	}
	return Entry{}, fmt.Errorf("servers: no server %q%s (socketbench list servers)", name, suggest.DidYouMean(name, r.Names()))
}

// unavailable says why a design does not run here, and what to use instead.
func (e Entry) unavailable() error {
	if e.Refused == nil && e.Instead != "" {
		return fmt.Errorf("servers: %q %s", e.Name, e.Missing())
	}
	return fmt.Errorf("servers: %q %s; socketbench list servers shows what runs here", e.Name, e.Missing())
}

// Names returns the names of all entries, in the order of the table.
func (r Registry) Names() []string {
	names := make([]string, len(r))
	for i, e := range r {
		names[i] = e.Name
	}
	return names
}
