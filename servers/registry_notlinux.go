//go:build !linux

package servers

// linuxDesigns names the designs that need Linux, so that lists are complete and refusals say why.
var linuxDesigns = Registry{
	{Name: "epoll", Idea: "one goroutine asks the kernel which connections are ready and serves only those",
		Family: "readiness", After: "poll", Needs: "linux"},
	{Name: "epolledge", Idea: "one goroutine is told when a connection changes, and remembers the rest itself",
		Family: "readiness", After: "epoll", Needs: "linux", Traits: Traits{Stalls: true}},
	{Name: "multiepoll", Idea: "an acceptor deals connections out to several reactors, one a CPU",
		Family: "readiness", After: "epoll", Needs: "linux", Traits: Traits{Stalls: true, Cores: true}},
	{Name: "reuseport", Idea: "several epoll loops, each with a listener of its own on the same port",
		Family: "readiness", After: "multiepoll", Needs: "linux",
		Traits: Traits{Stalls: true, Cores: true, TCPOnly: true, ReusePort: true}},
	{Name: "halfsync", Idea: "one goroutine waits for all connections, a pool of workers reads and answers them",
		Family: "readiness", After: "epoll", Needs: "linux", Traits: Traits{Cores: true}},
	{Name: "leader", Idea: "workers take turns at waiting; who gets an event promotes the next and serves it",
		Family: "readiness", After: "halfsync", Needs: "linux", Traits: Traits{Cores: true}},
	{Name: "uring", Idea: "one goroutine tells the kernel what to do for each connection and hears when it is done",
		Family: "completion", After: "epoll", Needs: "linux", Traits: Traits{Stalls: true}},
	{Name: "prefork", Idea: "child processes share one listening socket, each with an event loop of its own",
		Family: "processes", After: "reuseport", Needs: "linux", Traits: Traits{Stalls: true, Cores: true, Processes: true}},
	{Name: "netpoll", Idea: "the library cloudwego/netpoll: its pollers read, handlers run on its goroutines",
		Family: "libraries", After: "dispatch", Needs: "linux", Traits: Traits{Cores: true}},
}
