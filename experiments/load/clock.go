package load

import "time"

// epoch is where the clock of this process's engines begins. Reading the monotonic clock as a
// difference costs one call into the kernel's shared page; time.Now would read two clocks.
var epoch = time.Now()

// clock returns ns since epoch.
func clock() int64 { return int64(time.Since(epoch)) }

// at returns the moment at which clock reads ns.
func at(ns int64) time.Time { return epoch.Add(time.Duration(ns)) }

// alarm is something that a client waits for.
type alarm struct {
	at         int64
	client     int32
	generation uint32 // of its connection when it was set
	what       alarmKind
}

type alarmKind uint8

const (
	thought  alarmKind = iota // its think time is over
	again                     // it may connect again
	nextByte                  // the next byte of a slow writer is due
	overdue                   // the reply to a datagram may be
)

// alarms is a binary heap, earliest first.
type alarms []alarm

func (h *alarms) push(a alarm) {
	*h = append(*h, a)
	s := *h
	i := len(s) - 1
	for i > 0 {
		up := (i - 1) / 2
		if s[up].at <= a.at {
			break
		}
		s[i] = s[up]
		i = up
	}
	s[i] = a
}

func (h *alarms) pop() alarm {
	s := *h
	first, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	i := 0
	for {
		down := 2*i + 1
		if down >= len(s) {
			break
		}
		if down+1 < len(s) && s[down+1].at < s[down].at {
			down++
		}
		if last.at <= s[down].at {
			break
		}
		s[i] = s[down]
		i = down
	}
	if len(s) > 0 {
		s[i] = last
	}
	return first
}

// backlog holds the intended times of requests that are due and not sent: a list for each client, all of them in one
// array with a free list, so that it grows with the number that wait.
type backlog struct {
	nodes []waiting
	free  int32 // 1 + index of the first free node; 0: none
}

type waiting struct {
	intended int64
	next     int32 // 1 + index
}

// queue is the list of one client; the zero value is empty.
type queue struct{ head, tail int32 } // 1 + index

func (b *backlog) push(q *queue, intended int64) {
	i := b.free
	if i == 0 {
		b.nodes = append(b.nodes, waiting{})
		i = int32(len(b.nodes))
	} else {
		b.free = b.nodes[i-1].next
	}
	b.nodes[i-1] = waiting{intended: intended}
	if q.tail == 0 {
		q.head = i
	} else {
		b.nodes[q.tail-1].next = i
	}
	q.tail = i
}

func (b *backlog) pop(q *queue) (intended int64) {
	i := q.head
	node := &b.nodes[i-1]
	if q.head = node.next; q.head == 0 {
		q.tail = 0
	}
	node.next, b.free = b.free, i
	return node.intended
}

func (q queue) empty() bool { return q.head == 0 }
