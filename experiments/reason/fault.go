package reason

import "strings"

// Fault is what a server did that no server may.
type Fault struct {
	Kind   Misdeed
	Detail string // how, such as "exit status 2", or what was seen of it; "" where there is nothing to add
}

// Misdeed is a kind of fault, as a clause without its subject.
type Misdeed string

const (
	NotStarted Misdeed = "did not start"
	Ended      Misdeed = "ended by itself"
	Died       Misdeed = "died"
	Hung       Misdeed = "hung when it was told to end, and was killed"
	Nobody     Misdeed = "answered nobody"
	Stopped    Misdeed = "stopped answering"
	Wrongly    Misdeed = "answered wrongly"
)

// how has the misdeeds whose detail says how they happened, and not what one trial saw of them.
var how = map[Misdeed]bool{Ended: true, Died: true}

// String is the fault with its detail, as it is stored.
func (f Fault) String() string {
	if f.Detail != "" && !how[f.Kind] {
		return string(f.Kind) + ": " + f.Detail
	}
	return f.Short()
}

// Short is the fault without the figures of one trial: the same of two trials is the same fault.
func (f Fault) Short() string {
	if f.Detail != "" && how[f.Kind] {
		return string(f.Kind) + " (" + f.Detail + ")"
	}
	return string(f.Kind)
}

// MarshalText is String.
func (f Fault) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText is its inverse. A kind that is not known here is read as far as its detail.
func (f *Fault) UnmarshalText(text []byte) error {
	s := string(text)
	for kind := range how {
		if rest, ok := strings.CutPrefix(s, string(kind)+" ("); ok {
			*f = Fault{kind, strings.TrimSuffix(rest, ")")}
			return nil
		}
	}
	kind, detail, _ := strings.Cut(s, ": ")
	*f = Fault{Misdeed(kind), detail}
	return nil
}
