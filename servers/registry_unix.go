//go:build unix

package servers

// unixDesigns lists the designs that need the system calls of a unix.
var unixDesigns = Registry{
	{Name: "thread", Idea: "an operating system thread, blocked in the kernel, for every connection",
		Family: "blocking", After: "goroutine", Needs: "unix", New: NewThread,
		Traits: threadTraits},
	{Name: "borrow", Idea: "a goroutine for every connection, and a buffer only for those that speak",
		Family: "goroutines", After: "goroutine", Needs: "unix", New: NewBorrow,
		Traits: Traits{Uncounted: true, Cores: true}},
	{Name: "tryread", Idea: "one goroutine visits every connection in turn with reads that never wait",
		Family: "polling", After: "deadline", Needs: "unix", New: NewTryread,
		Traits: Traits{Uncounted: true, Stalls: true}},
	{Name: "select", Idea: "one goroutine hands the kernel sets of bits, one bit a descriptor",
		Family: "readiness", After: "tryread", Needs: "unix", New: NewSelect,
		Traits: Traits{Uncounted: true, Stalls: true, MaxFD: 1024}},
	{Name: "poll", Idea: "one goroutine hands the kernel the list of all connections",
		Family: "readiness", After: "select", Needs: "unix", New: NewPoll,
		Traits: Traits{Uncounted: true, Stalls: true}},
}
