package watch

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"socketbench/servers/upper"
)

// Read is a request as the server took it from its input. With the raw framing it is what one read returned; with another, one
// message.
type Read struct {
	Client int           `json:"client"` // index into Scene.Clients; -1: of nobody that is known
	At     time.Duration `json:"at_ns"`  // on the clock of the scene
	Bytes  int           `json:"bytes"`
	Text   []byte        `json:"-"` // its beginning
}

// Assign says of which client each read was. Reads are in the order in which they happened. A connection keeps its bytes in
// order, so a read is the beginning of what one of the clients has sent and nobody has read; of several it is the one that sent
// first.
func (s Scene) Assign(perf Performance, reads []Read) []Read {
	type sending struct {
		at   time.Duration
		text []byte
	}
	streams := make([][]sending, len(s.Clients))
	for i, c := range s.Clients {
		var at []time.Duration
		for _, e := range perf.Events {
			if e.Client == i && e.What == Sent && e.Bytes > 0 {
				at = append(at, e.At)
			}
		}
		for _, step := range c.Steps {
			if text := s.frame(step); step.Do == "send" && len(text) > 0 && len(at) > 0 {
				streams[i] = append(streams[i], sending{at[0], text})
				at = at[1:]
			}
		}
	}
	reads = slices.Clone(reads)
	for k := range reads {
		r := &reads[k]
		r.Client = -1
		for i, stream := range streams {
			if len(stream) == 0 || r.Client >= 0 && streams[r.Client][0].at <= stream[0].at {
				continue
			}
			var rest []byte
			for _, sent := range stream {
				rest = append(rest, sent.text...)
			}
			if r.Bytes <= len(rest) && bytes.HasPrefix(rest, r.Text) {
				r.Client = i
			}
		}
		if r.Client < 0 {
			continue
		}
		left := r.Bytes
		for stream := &streams[r.Client]; left > 0; {
			first := &(*stream)[0]
			n := min(left, len(first.text))
			if first.text, left = first.text[n:], left-n; len(first.text) == 0 {
				*stream = (*stream)[1:]
			}
		}
	}
	return reads
}

// readBy lists the sizes of a client's reads until a moment.
func readBy(perf Performance, index int, until time.Duration) (sizes []int) {
	for _, r := range perf.Reads {
		if r.Client == index && r.At <= until {
			sizes = append(sizes, r.Bytes)
		}
	}
	return sizes
}

// taken names what the server takes from its input.
func (s Scene) taken() string {
	if s.Config.Protocol.Framing == upper.Raw {
		return "read"
	}
	return "message"
}

// mostSizes is how many sizes a sentence names.
const mostSizes = 6

// pieces says for each client that sent anything how many sends became how many reads, and their sizes; "" where the reads are
// not known or there are as many as sends.
func (s Scene) pieces(perf Performance) string {
	var parts []string
	for i, c := range s.Clients {
		sends, _ := exchanged(perf, i, s.Lasts+time.Second)
		sizes := readBy(perf, i, s.Lasts+time.Second)
		unread := len(sizes) == 0 // the server has not come to it, which is told of its answers
		if !perf.ReadsKnown || sends == 0 || (unread || sends == len(sizes)) && !s.AboutReads() {
			continue
		}
		words := make([]string, 0, mostSizes)
		for _, n := range sizes[:min(len(sizes), mostSizes)] {
			words = append(words, fmt.Sprint(n))
		}
		if len(sizes) > mostSizes {
			words = append(words, "...")
		}
		text := fmt.Sprintf("%s of %s were %s", count(sends, "send"), c.Name, count(len(sizes), s.taken()))
		if sends == 1 {
			text = strings.Replace(text, " were ", " was ", 1)
		}
		if len(words) > 0 {
			text += " (" + strings.Join(words, ", ") + " bytes)"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

// SendsAndReads is how many sends of a client the server took in how many reads, and what one of these is called: a read or, with a
// framing, a message. It is for a performance whose reads are known.
func (s Scene) SendsAndReads(perf Performance, client int) (sends, reads int, noun string) {
	until := s.Lasts + time.Second
	sends, _ = exchanged(perf, client, until)
	return sends, len(readBy(perf, client, until)), s.taken()
}

// AboutReads reports whether the scene states something about them.
func (s Scene) AboutReads() bool {
	return slices.ContainsFunc(s.See, func(seen Seen) bool { return len(seen.Joined)+len(seen.Split)+len(seen.Whole) > 0 })
}
