package load

import (
	"time"

	"socketbench/servers/upper"
)

// A profile is what clients of one kind do. The measured clients have one, and each kind of disturber.
type profile struct {
	name      string
	tally     *disturbance // of its clients, in the recorder of their engine
	measured  bool
	script    *script
	datagrams bool  // a request is one datagram, and so is its reply
	openLoop  bool  // requests come from the schedule; else the next follows a reply
	depth     int   // requests that may be outstanding
	requests  int   // of a session; 0: no end
	think     int64 // ns between a reply and the next request, on average
	pause     int64 // ns between two sessions

	most       int  // requests in all; 0: no end
	silent     bool // sends no request
	resets     bool // resets the connection as soon as the request is sent
	bytewise   bool // sends a byte at a time
	neverReads bool // sends requests and never reads
	once       bool // does not connect again when the server ends the connection
}

// What bounds disturbers, so that their cost to the generator is known.
const (
	backoff          = 20 * time.Millisecond // before connecting again after a fault
	comeback         = time.Millisecond      // between two sessions of churn and reset
	byteEvery        = 10 * time.Millisecond // between two bytes of a slow writer
	bulkSize         = 32 << 10
	bulkDepth        = 4
	slowReaderBytes  = 64 << 20 // the most that a slow reader sends
	slowReaderWindow = 4 << 10  // its receive buffer
)

// measuredProfile returns the profile of the measured clients.
func measuredProfile(o Options) *profile {
	r := &profile{
		name: measuredName, measured: true, datagrams: o.Datagrams(), openLoop: o.OpenLoop(), depth: o.Pipeline, requests: o.Requests, think: int64(o.Think),
	}
	if o.Conversation != nil {
		r.script = o.Conversation.script()
	} else {
		r.script = newScript(o.Framing, o.Size)
	}
	return r
}

// clientGroup is how many clients of a kind there are.
type clientGroup struct {
	profile *profile
	count   int
}

// disturbers returns the kinds that o asks for, in the order in which they connect.
func disturbers(o Options) []clientGroup {
	own := func(size int) *script {
		if o.Conversation != nil {
			return o.Conversation.script()
		}
		return newScript(o.Framing, size)
	}
	large := bulkSize
	if o.Framing != upper.Raw {
		large = min(large, upper.DefaultLimit)
	}
	all := []clientGroup{
		{&profile{name: "mute", silent: true, once: true}, o.Mute},
		{&profile{name: "idle", most: 1, once: true}, o.Idle},
		{&profile{name: "slowwriter", bytewise: true}, o.SlowWriter},
		{&profile{name: "slowreader", neverReads: true, once: true}, o.SlowReader},
		{&profile{name: "bulk", depth: bulkDepth}, o.Bulk},
		{&profile{name: "churn", requests: 1, pause: int64(comeback)}, o.Churn},
		{&profile{name: "reset", requests: 1, resets: true, pause: int64(comeback)}, o.Reset},
	}
	if o.IdleAsksNothing {
		all[1].profile.most, all[1].profile.silent = 0, true
	}
	present := all[:0]
	for _, c := range all {
		if c.count == 0 {
			continue
		}
		c.profile.depth = max(1, c.profile.depth)
		size := o.Size
		if c.profile.depth > 1 || c.profile.neverReads {
			size = large
		}
		c.profile.script = own(size)
		present = append(present, c)
	}
	return present
}
