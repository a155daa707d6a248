// Package watch plays a scene to a server and shows who gets an answer and who waits where: named
// clients with timed steps, seen from the clients' own clocks and, on Linux, from what the kernel says
// of their sockets from outside. The servers are unmodified.
package watch

import (
	"slices"
	"strings"
	"time"

	"socketbench/experiments/spec"
	"socketbench/servers"
	"socketbench/servers/upper"
)

// Scene says what each client does and what is to be seen.
type Scene struct {
	Name      string
	Question  string
	Teaches   string          // the sentence at the end
	Read      []string        // the two designs whose files show it
	Lasts     time.Duration   // a client that still waits then has waited in vain
	Config    Told            // what the servers are told
	Transport string          // tcp, also if it is empty, or udp
	Framings  []upper.Framing // under which it is played side by side, unless servers or a framing are named
	Clients   []Client
	See       []Seen // what must be seen, the first that fits a server's traits
}

// Told is a server's configuration, written as in an experiment file: the names, units and bounds of config.
type Told struct{ servers.Config }

// String says what the servers were told, such as "2 workers, 300ms of waiting"; "" if they were told nothing.
func (t Told) String() string { return spec.Configured(t.Config) }

// Client is one participant.
type Client struct {
	Name  string
	Steps []Step
}

// Step is one thing a client does: connect, send "text" [times n], pause 300ms, read, half-close, reset
// or close. read waits for the replies to everything that was sent and not yet read; where nothing is
// owed it waits for a byte, or the end, that may never come. Over datagrams a read with a time, such as read 400ms, gives up
// when no reply came for so long.
type Step struct {
	Do    string
	Text  string        // of send
	Times int           // of send: so many copies in one call
	For   time.Duration // of pause, and of read over datagrams; 0: no limit
}

// verbs lists what a client can do, with what each takes.
var verbs = []string{"connect", "send", "pause", "read", "half-close", "reset", "close"}

// Seen is what must be seen of servers of one kind.
type Seen struct {
	If       string   // framed, limit, one, few, loop, loops, ahead, any
	Contrast bool     // the scene is about this: without it, a play does not show what the scene teaches
	Half     string   // what it shows of a contrast that has halves, in words: one outcome of each must be seen
	Answered []string // clients that get all they ask for
	InVain   []string // clients that still wait when the scene ends
	InTurn   []string // clients whose waits in the server came one after the other
	Together []string // clients whose waits overlapped
	CutOff   []string // clients whose connection the server closes although they have not said that they are done
	Joined   []string // clients whose sends become fewer reads
	Split    []string // clients whose sends become more reads
	Whole    []string // clients each of whose sends is one message
	Lost     []string // clients some of whose datagrams get no reply
	Cut      []string // clients that get a part of their datagram back; the others get none
	InOrder  []string // clients whose replies come in the order of their datagrams
}

// kinds are the conditions of Seen, asked of a server's traits: framed is for all servers under a framing, limit is for servers that close silent connections, one for
// those that serve one connection at a time, few for those that serve fewer than there are clients, loop for those whose only loop stops in a
// handler that waits, loops for those that may have several of them, ahead for those that read on
// before they have answered.
var kinds = map[string]func(t servers.Traits, capacity, clients int) bool{
	"framed": func(servers.Traits, int, int) bool { return false }, // see Expect
	"limit":  func(t servers.Traits, _, _ int) bool { return t.IdleLimit },
	"one":    func(_ servers.Traits, capacity, _ int) bool { return capacity == 1 },
	"few":    func(_ servers.Traits, capacity, clients int) bool { return capacity > 1 && capacity < clients },
	"loop":   func(t servers.Traits, _, _ int) bool { return t.Stalls && !t.Cores },
	"loops":  func(t servers.Traits, _, _ int) bool { return t.Stalls && t.Cores },
	"ahead": func(t servers.Traits, _, _ int) bool {
		return t.Ahead > 1 || slices.ContainsFunc(t.Faults, func(f servers.Fault) bool {
			return strings.HasPrefix(f.Case, "back-pressure/")
		})
	},
	"any": func(servers.Traits, int, int) bool { return true },
}

// Expect returns what must be seen of a server with these traits. ok is false where the scene has no expectation of
// it, or where the server is known not to keep the promise that the scene is about.
func (s Scene) Expect(t servers.Traits) (seen Seen, ok bool) {
	for _, fault := range t.Faults {
		if strings.HasPrefix(fault.Case, s.Name+"/") {
			return Seen{}, false
		}
	}
	capacity := t.Capacity(s.Config.Config)
	for _, seen := range s.See {
		if kinds[seen.If](t, capacity, len(s.Clients)) || seen.If == "framed" && s.Config.Protocol.Framing != upper.Raw {
			return seen, true
		}
	}
	return Seen{}, false
}

// frame is what a send puts on the wire: with a framing, each text is a message.
func (s Scene) frame(step Step) []byte {
	return s.Config.Protocol.Framing.Frame([]byte(strings.Repeat(step.Text, step.Times)))
}

// Under returns the scene under another framing.
func (s Scene) Under(f upper.Framing) Scene {
	s.Config.Protocol.Framing = f
	return s
}
