package servers

import (
	"fmt"
	"slices"
	"time"
)

// Registry is a plain table of servers in teaching order.
type Registry []Entry

// All returns the designs of this package: the four trunks first, then those that grew from them.
// Where the platform lacks what a design needs, its entry is there with New nil.
func All() Registry {
	return slices.Concat(portable, unixDesigns, linuxDesigns)
}

// portable lists the designs that run wherever Go does.
var portable = Registry{
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
		Family: "goroutines", After: "goroutine", New: NewDuplex, Traits: Traits{Ahead: ahead, Cores: true}},
	{Name: "dispatch", Idea: "each connection has a reader, requests run on a pool of workers", Family: "pools",
		After: "duplex", New: NewDispatch, Traits: Traits{Ahead: ahead, Cores: true}},
	{Name: "pipeline", Idea: "three goroutines for every connection: read, transform, write",
		Family: "goroutines", After: "duplex", New: NewPipeline, Traits: Traits{Ahead: ahead, Cores: true}},
	{Name: "owner", Idea: "readers post requests to one goroutine that alone answers them", Family: "goroutines",
		After: "duplex", New: NewOwner, Traits: Traits{Ahead: ahead, Cores: true, Stalls: true}},
	{Name: "udp", Idea: "one goroutine answers datagrams, in the order in which they come", Family: "datagrams",
		After: "sequential", NewPacket: NewUDP, Traits: Traits{Stalls: true}},
}

// Lookup finds a server by name. The error names the nearest one there is.
func (r Registry) Lookup(name string) (Entry, error) {
	for _, e := range r {
		if e.Name == name {
			if !e.Available() {
				return Entry{}, e.unavailable()
			}
			return e, nil
		}
	}
	return Entry{}, fmt.Errorf("servers: no server %q%s (socketbench list servers)", name, DidYouMean(name, r.Names()))
}

// unavailable says why a design cannot be had here, and what to use.
func (e Entry) unavailable() error {
	instead := e.Instead
	if instead == "" {
		instead = "socketbench list servers shows what runs here"
	}
	return fmt.Errorf("servers: %q needs %s, which is not here; %s", e.Name, e.Needs, instead)
}

// Names returns the names of all entries, in order.
func (r Registry) Names() []string {
	names := make([]string, len(r))
	for i, e := range r {
		names[i] = e.Name
	}
	return names
}
