package result

import (
	"encoding/json"
	"slices"

	"socketbench/experiments/reason"
)

// Labels of trials. In each block one cell of the baseline is run twice, which is the A/A pair: its second trial has the
// second label. All other trials have the first.
const (
	LabelFirst  = "A"
	LabelSecond = "B"
)

// Trial is one line of trials.jsonl: one fresh server process under one cell's load.
type Trial struct {
	Cell    Cell               `json:"cell"`
	Label   string             `json:"label"` // LabelFirst, or LabelSecond for the second trial of the A/A pair
	Block   int                `json:"block"`
	Order   int                `json:"order"` // position in the plan, from 0
	Valid   bool               `json:"valid"`
	Reasons reason.List        `json:"-"`                // why not valid, and warnings; stored as lines
	Metrics map[string]float64 `json:"metrics"`          // names of Metrics; a metric the platform cannot give is absent
	Raw     map[string]float64 `json:"raw,omitempty"`    // counters behind the ratios
	Absent  map[string]string  `json:"absent,omitempty"` // metrics that a played trial has not, and why

	LowerBound    bool    `json:"lower_bound,omitempty"`    // closed loop, limited by the generator: its rate is a lower bound
	ServerLimited bool    `json:"server_limited,omitempty"` // its CPU above 90 %: CPU per request was measured at saturation
	AtLeast       float64 `json:"at_least,omitempty"`       // ns, the smallest age of an unanswered request: response times above it may be more than they say

	Fault reason.Fault `json:"fault,omitzero"` // what the server did that no server may

	Disturbed string `json:"disturbed,omitempty"` // how the machine disturbed the trial more than is usual in its run, a clause; "": it did not
	Again     bool   `json:"again,omitempty"`     // the second run of its place in the plan; it replaces the first
	Replaced  bool   `json:"-"`                   // there is a second run, which counts in place of this one; filled in by Load

	Histogram string  `json:"histogram,omitempty"` // file below histograms/
	Samples   string  `json:"samples,omitempty"`   // file below samples/
	Stderr    string  `json:"stderr,omitempty"`    // the end of what the server said, which is of interest where it failed
	Engine    string  `json:"engine,omitempty"`    // of the generator
	Started   string  `json:"started,omitempty"`   // RFC 3339
	Seconds   float64 `json:"seconds,omitempty"`   // wall time of the trial, all included
}

// Counts reports whether the figures of the trial are used.
func (t Trial) Counts() bool { return t.Valid && !t.Replaced }

// stored is a trial as it is written: the reasons are lines that people and scripts can read, and what the lines do
// not say of them stands beside.
type stored struct {
	fields
	Reasons []string       `json:"reasons"`
	About   []reason.About `json:"reasons_about,omitempty"`
}

type fields Trial // without its methods

// MarshalJSON writes a line of trials.jsonl, without its end.
func (t Trial) MarshalJSON() ([]byte, error) {
	return json.Marshal(stored{fields(t), t.Reasons.Lines(), t.Reasons.Abouts()})
}

// UnmarshalJSON is the inverse of MarshalJSON. It reads the lines of runs from before reasons had kinds, too.
func (t *Trial) UnmarshalJSON(line []byte) error {
	var s stored
	if err := json.Unmarshal(line, &s); err != nil {
		return err
	}
	*t = Trial(s.fields)
	t.Reasons = reason.Read(s.Reasons, s.About)
	return nil
}

// Cell names what is compared: "server" and every varied field, such as "load.idle": 1000.
type Cell map[string]any

// Key is the cell as text, the same before it was stored and after it was read back.
func (c Cell) Key() string {
	text, err := json.Marshal(c) // keys sorted; 1000 and 1000.0 are both 1000
	if err != nil {
		return err.Error() // not for the values that a cell may have
	}
	return string(text)
}

// Server is the design or command that the cell runs.
func (c Cell) Server() string {
	s, _ := c["server"].(string)
	return s
}

// Without is the cell without some of its fields. Without("server") is its condition.
func (c Cell) Without(fields ...string) Cell {
	rest := Cell{}
	for field, value := range c {
		if !slices.Contains(fields, field) {
			rest[field] = value
		}
	}
	return rest
}

// With is the cell of a server under the condition of c.
func (c Cell) With(server string) Cell {
	cell := c.Without("server")
	cell["server"] = server
	return cell
}
