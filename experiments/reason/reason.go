// Package reason says what is wrong with a trial, in typed values: code that asks for the kind of a reason, or
// whether the trial still counts, need not parse its sentence.
package reason

import (
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/quote"
)

// Reason is something that is wrong with a trial, or that a reader should know of it.
type Reason struct {
	Kind    Kind   `json:"kind,omitempty"`     // what it is about; "" in results from before kinds were stored
	RestsOn string `json:"rests_on,omitempty"` // the metric that shows it, such as send_lag.p99; "" where an event does
	Text    string `json:"text"`               // a clause without a full stop
	Warning bool   `json:"warning,omitempty"`  // the trial counts all the same
}

// Kind is what a reason is about.
type Kind string

const (
	Generator Kind = "generator" // the generator was late, had no CPU left, or is the portable one
	Pause     Kind = "pause"     // the machine or a process of the workbench stood still, or the system's clock was set
	Clients   Kind = "clients"   // clients did not connect, were not there, or lost their connections
	Replies   Kind = "replies"   // replies were wrong, or nobody had asked for them in the window
	Saturated Kind = "saturated" // the server's CPUs were full, or it answered less than was asked for
	Server    Kind = "server"    // the server did not start, died, hung, or left something behind
	Settings  Kind = "settings"  // the server is not what the cell says: its CPUs, its runtime, its work
	Drift     Kind = "drift"     // the halves of the window differ
	Disturbed Kind = "disturbed" // something else used the CPUs, more than is usual in the run
)

// List is what is wrong with one trial, in the order in which it was found.
type List []Reason

// Invalid adds a reason for which the trial does not count, and returns it, so that what it rests on can be added.
func (l *List) Invalid(k Kind, format string, args ...any) *Reason {
	*l = append(*l, Reason{Kind: k, Text: quote.Error(fmt.Errorf(format, args...))})
	return &(*l)[len(*l)-1]
}

// Warn is Invalid for what a reader of a trial that counts should know.
func (l *List) Warn(k Kind, format string, args ...any) *Reason {
	r := l.Invalid(k, format, args...)
	r.Warning = true
	return r
}

// Valid reports whether a trial with these reasons counts.
func (l List) Valid() bool { return len(l.texts(false)) == 0 }

// Has reports whether any is of a kind.
func (l List) Has(k Kind) bool {
	return slices.ContainsFunc(l, func(r Reason) bool { return r.Kind == k })
}

// Faults are the texts of those for which the trial does not count.
func (l List) Faults() []string { return l.texts(false) }

// Warnings are the texts of the others.
func (l List) Warnings() []string { return l.texts(true) }

func (l List) texts(warnings bool) (texts []string) {
	for _, r := range l {
		if r.Warning == warnings {
			texts = append(texts, r.Text)
		}
	}
	return texts
}

// warning begins the line of a reason for which a trial still counts.
const warning = "warning: "

// String is the reason on a line, as it is stored.
func (r Reason) String() string {
	if r.Warning {
		return warning + r.Text
	}
	return r.Text
}

// Lines are all of them as they are stored. It is never nil.
func (l List) Lines() []string {
	lines := make([]string, len(l))
	for i, r := range l {
		lines[i] = r.String()
	}
	return lines
}

// String is all of them on one line.
func (l List) String() string { return strings.Join(l.Lines(), "; ") }

// About says of a stored line what the line does not.
type About struct {
	Kind    Kind   `json:"kind"`
	RestsOn string `json:"rests_on,omitempty"`
}

// Abouts returns what the lines do not say, one value a line.
func (l List) Abouts() []About {
	abouts := make([]About, len(l))
	for i, r := range l {
		abouts[i] = About{r.Kind, r.RestsOn}
	}
	return abouts
}

// Read is the inverse of Lines and Abouts. Results from before kinds were stored have no abouts.
func Read(lines []string, abouts []About) List {
	list := make(List, len(lines))
	for i, line := range lines {
		r := &list[i]
		r.Text, r.Warning = strings.CutPrefix(line, warning)
		if len(abouts) == len(lines) {
			r.Kind, r.RestsOn = abouts[i].Kind, abouts[i].RestsOn
		}
	}
	return list
}
