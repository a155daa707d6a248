//go:build linux

package servers

import (
	"encoding/json"
	"errors"
	"time"

	"socketbench/servers/upper"
)

// What crosses the pipes between prefork's processes, a line of JSON each: the order, as much of a
// Config as can leave its process, and the words of a child.

// preforkOrder is what a child is told.
type preforkOrder struct {
	Framing              upper.Framing
	Limit, ReadSize      int
	Work                 upper.Work
	Linger, DrainTimeout time.Duration
}

// preforkWord is what a child says: a fault as it happens, and its figures at the end.
type preforkWord struct {
	Fault                         string `json:",omitempty"`
	Conns, Read, Written, Dropped int64
	Cut                           int
}

// order is the line for one of so many children. What is bounded across all is dealt out.
func (c Config) order(child, children int) []byte {
	work := c.Protocol.Work
	work.Slots = (work.Slots + child) / children
	line, err := json.Marshal(preforkOrder{
		c.Protocol.Framing, c.Protocol.Limit, c.ReadSize, work, c.Linger, c.DrainTimeout})
	if err != nil {
		c.fault(err) // of a framing that there is not; the child will say so too
	}
	return line
}

// preforkConfig is the Config that a child makes of its order.
func preforkConfig(line []byte, say func(preforkWord)) (Config, error) {
	var o preforkOrder
	if err := json.Unmarshal(line, &o); err != nil {
		return Config{}, err
	}
	return Config{
		Protocol: upper.Protocol{Framing: o.Framing, Limit: o.Limit, Work: o.Work},
		ReadSize: o.ReadSize, Linger: o.Linger, DrainTimeout: o.DrainTimeout,
		Tally:  new(Tally),
		Report: func(err error) { say(preforkWord{Fault: err.Error()}) },
	}, nil
}

// hear adds what a child said to what its parent will say.
func (c Config) hear(line []byte, cut *loopCut) {
	var said preforkWord
	if err := json.Unmarshal(line, &said); err != nil {
		c.fault(err)
		return
	}
	c.Tally.Conns.Add(said.Conns)
	c.Tally.Read.Add(said.Read)
	c.Tally.Written.Add(said.Written)
	c.Tally.Dropped.Add(said.Dropped)
	cut.conns += said.Cut
	if said.Fault != "" {
		c.fault(errors.New(said.Fault))
	}
}

// preforkFigures are a child's last word.
func preforkFigures(t *Tally, err error) preforkWord {
	last := preforkWord{
		Conns: t.Conns.Load(), Read: t.Read.Load(), Written: t.Written.Load(), Dropped: t.Dropped.Load()}
	var cut *loopCut
	if errors.As(err, &cut) {
		last.Cut = cut.conns
	} else if err != nil {
		last.Fault = err.Error()
	}
	return last
}
