package result

// Headroom is a search for how much more load a design takes under one condition until it fails what is required. It is
// made after the last block; none of its trials counts in the run.
type Headroom struct {
	Cell    Cell    `json:"cell"`
	Rate    float64 `json:"rate"`            // requests/s that the experiment asks for
	Most    float64 `json:"most"`            // the search offers at most so many times Rate
	Known   bool    `json:"known,omitempty"` // the blocks have shown that the design meets everything at Rate
	Pushes  []Push  `json:"pushes"`          // in the order in which they were played
	Seconds float64 `json:"seconds"`         // how long that took
}

// Push is one short trial of such a search.
type Push struct {
	Times   float64            `json:"times"` // how many times the rate that the experiment asks for
	Rate    float64            `json:"rate"`  // requests/s that were to be offered
	Metrics map[string]float64 `json:"metrics"`
	Fault   string             `json:"fault,omitempty"`  // what the server did that no server may, a clause without its subject
	Late    bool               `json:"late,omitempty"`   // the generator had no CPU left, or sent too late
	Spoilt  string             `json:"spoilt,omitempty"` // why it says nothing about the server: the machine stood still or was slow
}
