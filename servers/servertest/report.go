package servertest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"socketbench/servers/upper"
)

// Report has the outcome of every case of one check.
type Report struct {
	Name    string        `json:"name"`    // of the server
	Address string        `json:"address"` // network and address, where it is fixed
	Framing upper.Framing `json:"framing"`
	Results []Result      `json:"results"`
	Took    time.Duration `json:"took_ns"`
	Spent   time.Duration `json:"spent_ns,omitempty"`          // the budget, if it ran out before every case was decided
	Late    time.Duration `json:"first_reply_took,omitempty"`  // ns, if it was long
	Habit   string        `json:"habit,omitempty"`             // what the check found out by asking the server and explains failures, in one sentence without its subject
	Halves  int           `json:"replies_in_halves,omitempty"` // replies that Nagle's algorithm held back for some 40 ms, until the check knew
	Absent  error         `json:"-"`                           // why no connection to the address could be made; then no case was run

	Interrupted bool `json:"interrupted,omitempty"` // the budget or the caller ended the check before every case was decided
}

// Outcome says how a case ended.
type Outcome string

const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"
	Known   Outcome = "known fault" // failed as Traits.Faults says it does
	Skipped Outcome = "skipped"     // does not apply; Result.Reason says why
	NotRun  Outcome = "not run"     // the time was up, or the server was gone
)

// Result is the outcome of one case, with what was seen.
type Result struct {
	Case    string        `json:"case"`
	Why     string        `json:"why"`
	Outcome Outcome       `json:"outcome"`
	Reason  string        `json:"reason,omitempty"` // why skipped or not run; of a known fault, its sentence
	Failure *Failure      `json:"failure,omitempty"`
	Limit   bool          `json:"limit,omitempty"` // skipped for a limit of this process, and not for what the server is
	Notes   []string      `json:"notes,omitempty"` // what was measured
	Took    time.Duration `json:"took_ns"`
}

// A Failure says how a server broke a rule, as a client saw it.
type Failure struct {
	Fault string   `json:"fault,omitempty"` // the likely cause, in plain words
	What  string   `json:"what"`            // what happened
	Sent  string   `json:"sent,omitempty"`  // by the connection that saw it: how much, and its beginning
	Got   string   `json:"got,omitempty"`   // the same of what came back
	Steps []string `json:"steps,omitempty"` // the last things that connection did

	Seen string `json:"seen,omitempty"` // the kind of event: refused, reset, closed, silent, wrong byte, extra bytes, not closed, other

	causes  []string // the sentences that fit what was seen, the most specific first
	certain int      // how many of them are certain
	sight   sight

	noEnd  bool // the end of the stream did not come
	own    bool // the clients ran into a limit of their own process
	hung   bool // nothing happened at all, rather than something wrong
	echoed bool // what came back is what was sent, unchanged
}

func (f *Failure) Error() string {
	var b strings.Builder
	b.WriteString(f.What)
	if f.Fault != "" {
		fmt.Fprintf(&b, "\n  likely  %s", f.Fault)
	}
	if f.Sent != "" {
		fmt.Fprintf(&b, "\n  sent    %s\n  got     %s", f.Sent, f.Got)
	}
	for i, step := range f.Steps {
		head := "        "
		if i == 0 {
			head = "  steps "
		}
		fmt.Fprintf(&b, "\n%s  %s", head, step)
	}
	return b.String()
}

// Count returns how many cases had an outcome.
func (r *Report) Count(o Outcome) int {
	n := 0
	for _, result := range r.Results {
		if result.Outcome == o {
			n++
		}
	}
	return n
}

// OK reports whether the server keeps every rule that it was asked about: at least one case was run, none
// failed, and none was left out because the server had ended.
func (r *Report) OK() bool {
	return r.Absent == nil && r.Count(Failed) == 0 && r.Count(NotRun) == 0 && !r.Silent()
}

// notStarted is the fault of a server that does not start.
const notStarted = "does not start"

// NotStarted says why no rule could be asked of a server that never started; "" if it started, or if it is not started here.
func (r *Report) NotStarted() string {
	why := ""
	for _, result := range r.Results {
		switch {
		case result.Outcome == Failed && result.Failure.NotStarted():
			why = cmp.Or(why, result.Failure.What)
		case result.Outcome == Failed, result.Outcome == Passed, result.Outcome == Known:
			return ""
		}
	}
	return why
}

// NotStarted reports whether the rule could not be asked because the server did not start.
func (f *Failure) NotStarted() bool { return f.Fault == notStarted }

// Silent reports whether every case was skipped, because of what the server is or because of a limit of this process.
func (r *Report) Silent() bool { return r.Absent == nil && r.Count(Skipped) == len(r.Results) }

// WhyNot says why no case was run, by the reason of the first. Call it only if Silent reports true.
func (r *Report) WhyNot() string {
	if len(r.Results) == 0 {
		return fmt.Sprintf("none of those named is about %s framing", r.Framing)
	}
	first := r.Results[0]
	return fmt.Sprintf("%s: %s", first.Case, first.Reason)
}

// Beyond returns how many rules were not asked because of a limit of this process, and the reason of the first.
func (r *Report) Beyond() (n int, why string) {
	for _, result := range r.Results {
		if result.Limit {
			n++
			why = cmp.Or(why, result.Reason)
		}
	}
	return n, why
}

// Slow says why the check was slow: the first reply was late, or replies came in two parts again and again. Otherwise it
// returns "".
func (r *Report) Slow() string {
	switch {
	case r.Late > 0:
		return fmt.Sprintf("a reply took %.1f s, and many rules wait for hundreds of replies; make the server answer at once, "+
			"or give --patience and --budget more", r.Late.Seconds())
	case r.Halves == 0:
		return ""
	}
	return slow(r.Halves)
}

// Undecided reports whether the check was ended before every case was decided, and no case had failed until then.
func (r *Report) Undecided() bool { return r.Interrupted && r.Count(Failed) == 0 }

// Family sums up the cases that share the first part of their names.
type Family struct {
	Name          string
	Asked, Passed int // Asked leaves out what was skipped or not run
	NotRun        int
	Broken        []string // the rules that were not kept
}

// Families returns the sums in the order of the contract.
func (r *Report) Families() []Family {
	var all []Family
	for _, result := range r.Results {
		name, rule, _ := strings.Cut(result.Case, "/")
		if len(all) == 0 || all[len(all)-1].Name != name {
			all = append(all, Family{Name: name})
		}
		f := &all[len(all)-1]
		switch result.Outcome {
		case Passed:
			f.Passed++
			f.Asked++
		case Skipped:
		case NotRun:
			f.NotRun++
		default:
			f.Asked++
			f.Broken = append(f.Broken, rule)
		}
	}
	return all
}

// Faults returns the likely causes of what failed, each once, in the order in which they were met, with
// the number of cases that show it.
func (r *Report) Faults() []Fault {
	var all []Fault
	for _, result := range r.Results {
		if result.Outcome != Failed {
			continue
		}
		words := result.Failure.Fault
		if words == "" {
			words = result.Failure.What
		}
		i := slices.IndexFunc(all, func(f Fault) bool { return f.Words == words })
		if i < 0 {
			all = append(all, Fault{Words: words})
			i = len(all) - 1
		}
		all[i].Cases = append(all[i].Cases, result.Case)
	}
	return all
}

// Fault is a likely cause in plain words and the cases that show it.
type Fault struct {
	Words string   `json:"fault"`
	Cases []string `json:"cases"`
}

// Summary is one line that a server's author can put in a README.
func (r *Report) Summary() string {
	passed, failed := r.Count(Passed), r.Count(Failed)
	beyond, why := r.Beyond()
	s := fmt.Sprintf("%s keeps %d of the %d rules it was asked (%s framing, %d did not apply)", r.Name, passed,
		passed+failed+r.Count(Known)+r.Count(NotRun), r.Framing, r.Count(Skipped)-beyond)
	if beyond > 0 {
		s += fmt.Sprintf("; %d could not be asked from here: the first %s", beyond, why)
	}
	if n := r.Count(Known); n > 0 {
		s += fmt.Sprintf("; %d known", n)
	}
	if n := r.Count(NotRun); n > 0 {
		s += fmt.Sprintf("; %d not run", n)
	}
	return s + fmt.Sprintf("; %.1f s", r.Took.Seconds())
}
