//go:build !unix

package servers

// unixDesigns names the designs that need the system calls of a unix, so that lists are complete and
// refusals say why.
var unixDesigns = Registry{
	{Name: "thread", Idea: "an operating system thread, blocked in the kernel, for every connection",
		Family: "blocking", After: "goroutine", Needs: "unix",
		Traits: Traits{MaxConns: 9000, Permits: true, Cores: true}},
	{Name: "borrow", Idea: "a goroutine for every connection, and a buffer only for those that speak",
		Family: "goroutines", After: "goroutine", Needs: "unix", Traits: Traits{Cores: true}},
	{Name: "tryread", Idea: "one goroutine visits every connection in turn with reads that never wait",
		Family: "polling", After: "deadline", Needs: "unix", Traits: Traits{Stalls: true}},
	{Name: "select", Idea: "one goroutine hands the kernel sets of bits, one bit a descriptor",
		Family: "readiness", After: "tryread", Needs: "unix", Traits: Traits{Stalls: true, MaxFD: 1024}},
	{Name: "poll", Idea: "one goroutine hands the kernel the list of all connections",
		Family: "readiness", After: "select", Needs: "unix", Traits: Traits{Stalls: true}},
}
