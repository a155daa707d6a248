package servertest

import (
	"slices"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// A Case is one rule of the contract and the conversation that shows whether a server keeps it.
type Case struct {
	Name  string // family/rule
	Why   string // the rule, and what goes wrong without it
	Fault string // what a server that fails here usually does, in plain words; "" if it varies

	Only    []upper.Framing // the framings it is about; none: all
	Conns   int             // connections that must be served at once; 0 means 1
	Needs   Needs
	Config  servers.Config // that the server must have; the zero value: any
	Waits   bool           // most of its time is spent waiting; such cases begin first, and others run meanwhile
	Packets bool           // it is about a datagram server; the others are about streams
	Within  bool           // run in this process if possible, where the memory in use is known to the byte

	run func(*caseRun)
}

// Needs says what a case must be able to do with a server besides talking to it, and which servers it is about.
type Needs uint

const (
	Stop      Needs = 1 << iota // start it afresh and tell it to stop
	Configure                   // start it with a Config of the case's own
	Hook                        // run code in its handler: a server in the same process
	Process                     // see its process: descriptors, CPU time, memory
	TCP                         // speak tcp
	Bounded                     // a design that bounds how many connections it serves at once
	Unbounded                   // a design that does not
	IdleLimit                   // a design that closes silent connections
	Patient                     // a design that does not
	MaxFD                       // a design that cannot hold descriptors above a number
	Child                       // a process of its own, so that limits of the system can be lowered
	Alone                       // run while nothing else does: it looks at the whole process
	Heavy                       // left out of quick runs and under the race detector
)

// Cases returns the whole contract, family by family, in the order in which it is checked.
func Cases() []Case {
	return slices.Concat(bytesCases, cutCases, rawCases, lineCases, lengthCases, orderCases, duplexCases, endCases, resetCases,
		pressureCases, manyCases, slowCases, limitCases, recoveryCases, chaosCases, drainCases, drainDoorCases, drainHandlerCases, deadlineCases, loadedCases, resourceCases, calmCases, datagramCases)
}

// suits reports whether the case is about servers of a network with framing f.
func (c *Case) suits(network string, f upper.Framing) bool {
	return c.Packets == (network == "udp") && (len(c.Only) == 0 || slices.Contains(c.Only, f))
}
