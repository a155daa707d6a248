package fleet

import (
	"context"
	"net/netip"
	"regexp"
	"sync"

	"socketbench/experiments/agent"
)

// An Engine carries orders and answers between the machines of a fleet. Package overnats has one. A program has it if it
// imports that package: what becomes a server must not, because its memory and its start would be those of NATS.
type Engine interface {
	// New makes the keys of a fleet whose agents connect to address. The coordinator listens there, so that it is a literal IP
	// address with a port, unless listen is another: the address is then what leads there, such as that of a Kubernetes
	// service.
	New(address, listen string) (Key, Join, error)
	// NewAt makes the keys of a fleet that meets at NATS servers of the user's own. The agents' credentials may be the
	// coordinator's.
	NewAt(coordinator, agents Servers) (Key, Join, error)
	// Open lets agents connect to this process, which orders them about. Close the hub when done.
	Open(Key) (Hub, error)
	// Work is the whole of an agent: it carries out what the coordinator orders until ctx ends. While there is no coordinator
	// it waits for one.
	Work(ctx context.Context, o Options) error
}

// Over is the engine of this program; nil: it has none.
var Over Engine

// A Hub is the coordinator's end of a fleet.
type Hub interface {
	// Present asks which agents are there.
	Present(context.Context) ([]Present, error)
	// Agent is the agent of a name, whether it is there or not.
	Agent(name string) Agent
	Close()
}

// Agent is one on another machine.
type Agent interface {
	agent.Agent
	Name() string
}

// Options say what an agent is.
type Options struct {
	Name   string // unique in the fleet
	Join   Join
	Caps   agent.Caps
	Shared bool       // other programs need the CPUs of this machine, too: the generator waits without polling
	Listen netip.Addr // where its servers listen; the zero value: the address from which the coordinator is reached

	Agent  agent.Agent
	Audit  func(line string) // is told of every order, from several goroutines
	Events func(line string) // is told when the coordinator is there, and when not
}

// name is what an agent may be called: a part of a subject.
var name = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`) })

// IsName reports whether an agent may have that name.
func IsName(text string) bool { return name().MatchString(text) }
