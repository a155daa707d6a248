package watch

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"socketbench/servers/address"
)

// Event is one thing that happened, on the clock of the scene.
type Event struct {
	Client int           `json:"client"` // index into Scene.Clients; -1: of none, as of Dropped
	At     time.Duration `json:"at_ns"`
	What   What          `json:"what"`
	Bytes  int           `json:"bytes,omitempty"`
	Text   string        `json:"text,omitempty"`   // sent, or of an error
	Number int           `json:"number,omitempty"` // of a datagram: which of its client's it is, from 1; of Dropped: how many
}

// What happened.
type What string

// The first group is what the client does and sees; the second is what the kernel says of its connection, where it
// can be asked.
const (
	Connecting What = "connecting" // connect was called
	Connected  What = "connected"  // and has returned
	Refused    What = "refused"    // nobody listens, or the backlog is full
	Sent       What = "sent"       // Bytes were taken by the client's kernel
	Reading    What = "reading"    // waits for what is owed, or for anything
	Received   What = "received"   // Bytes came back
	Answered   What = "answered"   // and with them nothing is owed any more
	Wrong      What = "wrong"      // Bytes came back that are not what was owed
	Ended      What = "ended"      // an empty read: the server has closed
	Reset      What = "reset"      // the connection was reset, by either side
	HalfClosed What = "half-closed"
	Closed     What = "closed"   // by the client
	InVain     What = "in vain"  // the scene is over and the client still waits
	Accepted   What = "accepted" // the server's accept returned the connection
	Unread     What = "unread"   // Bytes lie in the server's socket and nobody has read them
	ServerGone What = "server gone"
	Lost       What = "lost"    // the client waits no more for the reply to a datagram
	Dropped    What = "dropped" // Number datagrams so far had no room in the server's socket, as its kernel says
)

// Play plays the scene to the server at an address and calls emit with each event as it happens, one call at a time.
// The scene's clock starts at start. Play returns when the scene is over, ctx has ended, or gone is closed because
// the server has died. Every connection is closed then.
func Play(ctx context.Context, s Scene, at address.Address, gone <-chan struct{}, start time.Time, emit func(Event)) {
	ctx, end := context.WithCancelCause(ctx) // it has no deadline: a dial that keeps one may end before ctx says that it is over
	defer end(nil)
	defer time.AfterFunc(time.Until(start.Add(s.Lasts)), func() { end(errPlayed) }).Stop()
	n := len(s.Clients)
	p := &play{ctx: ctx, scene: s, address: at, start: start, emit: emit, frozen: make(chan struct{}),
		pairs: make([]pair, n), waiting: make([]bool, n), left: make([]bool, n)}
	var clients, kernel sync.WaitGroup
	for i := range s.Clients {
		clients.Go(func() { (&client{play: p, index: i}).act() })
	}
	kernel.Go(func() {
		if s.Datagrams() {
			p.sampleDrops(ctx)
		} else {
			p.sample(ctx)
		}
	})
	select {
	case <-gone:
		p.serverGone()
	case <-ctx.Done():
	}
	p.freeze(context.Cause(ctx) == errPlayed)
	end(nil)
	clients.Wait()
	kernel.Wait()
}

// errPlayed is the cause of a scene's end that was played to its end.
var errPlayed = errors.New("the scene is over")

// play is one server's performance.
type play struct {
	ctx     context.Context
	scene   Scene
	address address.Address
	start   time.Time
	frozen  chan struct{} // closed when the scene is over

	mu      sync.Mutex
	emit    func(Event)
	pairs   []pair // of each client's connection
	waiting []bool // which clients are in a call that has not returned
	left    []bool // which clients have closed their connection
}

// pair is the two ends of a connection, both nil where there is none, and how often the client has sent.
type pair struct {
	client, server net.Addr
	sends          int
}

func (p *play) happened(client int, what What, bytes int, text string) {
	p.report(Event{Client: client, What: what, Bytes: bytes, Text: text})
}

// report emits an event of a client that happens now.
func (p *play) report(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	client := e.Client
	switch e.What {
	case Connecting, Reading:
		p.waiting[client] = true
	case Sent, Received, HalfClosed, Accepted, Unread:
	default:
		p.waiting[client] = false
	}
	if e.What == Closed || e.What == Reset && e.Text == "" {
		p.left[client] = true
	}
	e.At = time.Since(p.start)
	p.emit(e)
}

// freeze ends the scene. A client that waits at this moment has waited in vain, if the scene was played to its end.
// Later events do not count, because closing the first client lets a sequential server serve the next.
func (p *play) freeze(played bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, waits := range p.waiting {
		if waits && played {
			p.emit(Event{Client: i, At: time.Since(p.start), What: InVain})
		}
	}
	p.emit = func(Event) {}
	close(p.frozen)
}

// serverGone emits the end of the server for every client that has not left by itself before.
func (p *play) serverGone() {
	for i := range p.scene.Clients {
		p.mu.Lock()
		left := p.left[i]
		p.mu.Unlock()
		if !left {
			p.happened(i, ServerGone, 0, "")
		}
	}
}
