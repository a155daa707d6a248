package result

import (
	"time"
)

// Capacity is how many requests a second a server carries on this machine under one condition: the unit of the loads
// that an experiment gives as a utilization.
type Capacity struct {
	Cell        Cell      `json:"cell"` // the server, and the varied fields that the capacity depends on
	Connections int       `json:"connections"`
	Rate        float64   `json:"rate"`                  // requests/s, to three digits
	LowerBound  bool      `json:"lower_bound,omitempty"` // the generator had no CPU left: the server may carry more
	Disturbed   bool      `json:"disturbed,omitempty"`   // the machine stood still or was slow in the attempts: a rough figure
	Why         string    `json:"why,omitempty"`         // why it is this server and not the baseline; a clause without a full stop
	Attempts    []Attempt `json:"attempts"`              // how it was found and checked, in order
	Seconds     float64   `json:"seconds"`               // how long that took
	Waited      float64   `json:"waited,omitempty"`      // of these seconds, how many passed until the CPUs had their usual pace
}

// Attempt is one short measurement of a search for a capacity. None of its requests counts in the run.
type Attempt struct {
	Arrivals string        `json:"arrivals"`           // closed, or poisson for a check
	Offered  float64       `json:"offered,omitempty"`  // requests/s of a check
	Think    time.Duration `json:"think_ns,omitempty"` // pause of a closed loop
	Achieved float64       `json:"achieved"`           // requests/s that were answered
	Carried  bool          `json:"carried,omitempty"`  // of a check: the server answered what was offered
	Why      string        `json:"why,omitempty"`      // what was wrong with it; a clause without a full stop
}

// Frozen is what the utilizations of one condition come to. It is found before the first block and then stays as it is,
// however often the run is resumed.
type Frozen struct {
	Condition Cell `json:"condition"` // without the server
	Capacity  int  `json:"capacity"`  // index into Manifest.Capacities

	Utilization      float64       `json:"utilization,omitempty"` // of load.utilization
	Rate             float64       `json:"rate,omitempty"`        // requests/s, what it comes to
	BurstUtilization float64       `json:"burst_utilization,omitempty"`
	Peak             float64       `json:"peak,omitempty"` // requests/s
	ThinkUtilization float64       `json:"think_utilization,omitempty"`
	Think            time.Duration `json:"think_ns,omitempty"` // may be 0: the clients ask for less without any pause
}
