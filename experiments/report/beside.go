package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"socketbench/experiments/quote"
	"socketbench/experiments/unit"
)

// Beside sets runs beside what was published of the same experiments on other machines. A verdict is a prediction, or a
// design compared with the baseline under one condition; the same word, such as undecided, is the same verdict.
type Beside struct {
	Nearest     string        `json:"nearest"` // the class of machines with the largest share of the same words
	Classes     []BesideClass `json:"classes"`
	Experiments []BesideRow   `json:"experiments"`
	Turned      []Turned      `json:"turned"`     // other words than on the nearest class, opposite ones first
	OtherCPUs   int           `json:"other_cpus"` // verdicts whose server had one CPU on the nearest class and more here, or the other way round
}

// Agreed is how many verdicts two machines have in common.
type Agreed struct {
	Verdicts int    `json:"verdicts"`
	Same     int    `json:"same"`
	Opposite int    `json:"opposite"` // better and worse, or holds and refuted
	Why      string `json:"why"`      // there is none in common; "" otherwise
}

// BesideClass is a class of machines of which runs were published.
type BesideClass struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Agreed
}

// BesideRow is one experiment.
type BesideRow struct {
	Experiment string   `json:"experiment"`
	Why        string   `json:"why"`    // the run is compared with none; "" where it is
	Agreed     []Agreed `json:"agreed"` // with each class, in the order of the classes
}

// Turned is a verdict with another word here.
type Turned struct {
	Experiment string `json:"experiment"`
	What       string `json:"what"`
	There      Said   `json:"there"`
	Here       Said   `json:"here"`
	Opposite   bool   `json:"opposite"`
	Alike      bool   `json:"alike"` // one of the two is undecided, and the intervals have values in common
	As         string `json:"as"`    // another class, which says the same as this machine; "": none does
	Why        string `json:"why"`   // the reason why that class says it, where one is known
}

// Said is a word with the figure behind it.
type Said struct {
	Word   string `json:"word"`
	Figure string `json:"figure"` // with its 95 % interval; "": there is none
}

func (s Said) String() string { return strings.Join(filled(s.Word, s.Figure), ", ") }

// Note counts one verdict.
func (a *Agreed) Note(same, opposite bool) {
	a.Verdicts++
	if same {
		a.Same++
	}
	if opposite {
		a.Opposite++
	}
}

// Add counts the verdicts of another experiment.
func (a *Agreed) Add(b Agreed) {
	a.Verdicts, a.Same, a.Opposite = a.Verdicts+b.Verdicts, a.Same+b.Same, a.Opposite+b.Opposite
}

// Share is the share of the verdicts that are the same; 0 where there are none.
func (a Agreed) Share() float64 { return float64(a.Same) / float64(max(a.Verdicts, 1)) }

// Rank is the order in which turned verdicts are read: opposite ones, those that are apart, and those that do not
// contradict each other.
func (t Turned) Rank() int {
	switch {
	case t.Opposite:
		return 0
	case !t.Alike:
		return 1
	}
	return 2
}

// Of is the class of machines with a name.
func (x Beside) Of(name string) BesideClass {
	return x.Classes[slices.IndexFunc(x.Classes, func(c BesideClass) bool { return c.Name == name })]
}

// Sentence sums up how far this machine agrees with the nearest class; "" where no verdict can be compared.
func (x Beside) Sentence() string {
	if x.Nearest == "" {
		return ""
	}
	c := x.Of(x.Nearest)
	if c.Verdicts == 0 {
		return ""
	}
	opposite := "none has the opposite word"
	if c.Opposite > 0 {
		opposite = fmt.Sprintf("%d with the opposite word", c.Opposite)
	}
	return fmt.Sprintf("%s of %s here have the word that was published for %s (%s): %s; %s.",
		unit.Count(c.Same), unit.Many(c.Verdicts, "verdict"), c.Name, c.About, unit.Percent(c.Share()), opposite)
}

// WriteBeside writes how far runs agree with published ones, as text for a terminal of the given width, as md or as json.
// all also lists what is undecided here or there and does not contradict.
func WriteBeside(format string, w io.Writer, x Beside, all bool, width int, paint Paint) error {
	switch format {
	case "text":
		t := newTerminal(Input{Width: width, Paint: paint})
		x.text(&t, all)
		_, err := io.WriteString(w, t.b.String())
		return err
	case "md":
		_, err := io.WriteString(w, x.markdown(all))
		return err
	case "json":
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(x)
	}
	return fmt.Errorf("compare: what was published is set beside a run as text, md or json, not as %s", format)
}

// table has a row for each experiment.
func (x Beside) table() table {
	t := table{Caption: "The same word as published", Columns: []column{{Head: "experiment", Text: true}}}
	for _, c := range x.Classes {
		t.Columns = append(t.Columns, column{Head: "as on " + c.Name})
	}
	for _, r := range x.Experiments {
		if r.Why != "" {
			continue
		}
		row := []tableCell{plain(r.Experiment)}
		for _, a := range r.Agreed {
			row = append(row, agreedCell(a))
		}
		t.Rows = append(t.Rows, row)
	}
	if len(t.Rows) == 1 {
		return t
	}
	sum := []tableCell{plain("together")}
	for _, c := range x.Classes {
		sum = append(sum, agreedCell(c.Agreed))
	}
	t.Rows = append(t.Rows, sum)
	return t
}

func agreedCell(a Agreed) tableCell {
	if a.Verdicts == 0 {
		return absent(a.Why)
	}
	return plain(fmt.Sprintf("%s of %s", unit.Count(a.Same), unit.Count(a.Verdicts)))
}

// notCompared says why experiments are left out, the same reason once.
func (x Beside) notCompared() (list []string) {
	names := map[string][]string{}
	var order []string
	note := func(why, name string) {
		if names[why] == nil {
			order = append(order, why)
		}
		names[why] = append(names[why], name)
	}
	for _, r := range x.Experiments {
		if r.Why != "" {
			note(r.Why, r.Experiment)
		}
		for i, a := range r.Agreed {
			if a.Why != "" {
				note(a.Why, r.Experiment+" with "+x.Classes[i].Name)
			}
		}
	}
	for _, why := range order {
		list = append(list, strings.Join(names[why], ", ")+": "+why)
	}
	return list
}

// listed are the turned verdicts to be shown, and how many are left out.
func (x Beside) listed(all bool) (list []Turned, left int) {
	for _, t := range x.Turned {
		if t.Rank() == 2 && !all {
			left++
			continue
		}
		list = append(list, t)
	}
	return list, left
}

func (t Turned) sentence(nearest string) string {
	s := fmt.Sprintf("%s: %s: %s on %s; %s here.", t.Experiment, strings.TrimSuffix(t.What, "."), t.There, nearest, t.Here)
	if t.As != "" {
		s += " Here it is as on " + t.As + "."
	}
	return strings.Join(filled(s, t.Why), " ")
}

func (t Turned) mark() (sign, class string) {
	return []string{"✗", "≠", "?"}[t.Rank()], []string{"bad", "doubt", "soft"}[t.Rank()]
}

// besideSigns explains the marks of the list.
const besideSigns = "✗ the opposite word; ≠ another word, decided in both or with intervals that have no value in common; ? undecided here or there, without a contradiction."

func (x Beside) otherCPUs() string {
	if x.OtherCPUs == 0 {
		return ""
	}
	return fmt.Sprintf("%s compare a server with one CPU on one machine and with more on the other.", unit.Many(x.OtherCPUs, "verdict"))
}

func (x Beside) text(t *terminal, all bool) {
	t.table(x.table(), false)
	for _, s := range filled(cmp.Or(x.Sentence(), "No verdict of these runs has been published."), x.otherCPUs()) {
		t.line("")
		t.paragraph("title", s)
	}
	list, left := x.listed(all)
	for _, one := range list {
		t.line("")
		sign, class := one.mark()
		t.hanging(sign+" ", class, quote.Text(one.sentence(x.Nearest)))
	}
	if len(list) > 0 {
		t.line("")
		t.paragraph("soft", besideSigns)
	}
	if left > 0 {
		t.line("")
		t.paragraph("soft", leftOut(left))
	}
	for _, s := range x.notCompared() {
		t.line("")
		t.hanging("not compared: ", "soft", s)
	}
}

func leftOut(n int) string {
	return unit.Many(n, "further verdict") + " of another word, undecided here or there, without a contradiction: --all lists them."
}

func (x Beside) markdown(all bool) string {
	var b strings.Builder
	line := func(format string, v ...any) { fmt.Fprintf(&b, format+"\n", v...) }
	line("## Beside what was published\n")
	markdownTable(&b, x.table())
	line("")
	for _, s := range filled(cmp.Or(x.Sentence(), "No verdict of these runs has been published."), x.otherCPUs()) {
		line("%s\n", escape(s))
	}
	list, left := x.listed(all)
	for _, one := range list {
		sign, _ := one.mark()
		line("- %s %s", sign, escape(one.sentence(x.Nearest)))
	}
	if len(list) > 0 {
		line("\n%s\n", escape(besideSigns))
	}
	if left > 0 {
		line("%s\n", escape(leftOut(left)))
	}
	for _, s := range x.notCompared() {
		line("- not compared: %s", escape(s))
	}
	return b.String()
}
