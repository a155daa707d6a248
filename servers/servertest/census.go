package servertest

import (
	"regexp"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"time"
)

// serverLabel is the profiler label of every goroutine of a server. It tells those that a server leaves behind from
// all others.
const serverLabel = "servertest"

var serverID = regexp.MustCompile(`"` + serverLabel + `":"(\d+)"`)

// herd is the goroutines of one server.
type herd struct {
	count  int
	stacks string // where each stands
}

// restMost is the longest pause between two looks.
const restMost = 60 * time.Millisecond

// census counts goroutines by server. A look stops all goroutines of the process, so there is a pause after each.
// Callers that ask during the pause share the next look, which begins after all of them have asked.
type census struct {
	mu      sync.Mutex
	next    *look // nil: nobody waits for one
	looking sync.Mutex
	due     time.Time // of the next look
}

type look struct {
	once  sync.Once
	found map[string]herd // by server
}

var goroutines census

// of returns the goroutines of server id, as of now or a moment later.
func (c *census) of(id string) herd {
	c.mu.Lock()
	if c.next == nil {
		c.next = new(look)
	}
	l := c.next
	c.mu.Unlock()
	l.once.Do(func() {
		c.looking.Lock()
		defer c.looking.Unlock()
		time.Sleep(time.Until(c.due))
		c.mu.Lock()
		c.next = nil
		c.mu.Unlock()
		began := time.Now()
		l.found = herds()
		c.due = time.Now().Add(min(9*time.Since(began), restMost))
	})
	return l.found[id]
}

// herds looks at all goroutines of the process.
func herds() map[string]herd {
	var b strings.Builder
	pprof.Lookup("goroutine").WriteTo(&b, 1)
	all := map[string]herd{}
	for stack := range strings.SplitSeq(b.String(), "\n\n") { // "3 @ addresses", the labels, and a line a call
		label := serverID.FindStringSubmatch(stack)
		if label == nil {
			continue
		}
		h := all[label[1]]
		for line := range strings.Lines(stack) {
			if many, _, ok := strings.Cut(line, " @ "); ok {
				n, _ := strconv.Atoi(many)
				h.count += n
				break
			}
		}
		h.stacks += "\n" + stack
		all[label[1]] = h
	}
	return all
}
