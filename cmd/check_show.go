package cmd

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"socketbench/experiments/quote"
	"socketbench/servers/foreign"
	"socketbench/servers/servertest"
)

// writeCheckText writes what was found out about the server as a whole, each failure in full, then the families, then the
// faults in plain words, and at the end what an author may put in a README. command is what the server's name stands for,
// if it stands for one.
func writeCheckText(w io.Writer, r *servertest.Report, command string) error {
	if why := r.NotStarted(); why != "" { // the rule that was asked first has nothing to do with it
		_, err := fmt.Fprintf(w, "%s: %s%s\n", r.Name, quote.Lines(why), runBy(r.Name, command, "\n"))
		return err
	}
	if r.Habit != "" {
		fmt.Fprintf(w, "%s %s.\n\n", r.Name, r.Habit)
	}
	for _, result := range r.Results {
		if result.Outcome == servertest.Failed {
			fmt.Fprintf(w, "FAILED  %s\n  rule    %s\n  saw     %s\n\n", result.Case, result.Why, quote.Lines(result.Failure.Error()))
		}
	}
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, f := range r.Families() {
		broken := strings.Join(f.Broken, " ")
		if f.NotRun > 0 {
			broken += fmt.Sprintf(" (%d not run)", f.NotRun)
		}
		fmt.Fprintf(tw, "%s\t%d of %d\t%s\n", f.Name, f.Passed, f.Asked, broken)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, result := range r.Results {
		if result.Outcome == servertest.Known {
			fmt.Fprintf(w, "\nknown: %s: %s", result.Case, result.Reason)
		}
		for _, note := range result.Notes {
			fmt.Fprintf(w, "\nmeasured: %s: %s", result.Case, note)
		}
	}
	if faults := r.Faults(); len(faults) > 0 {
		fmt.Fprintf(w, "\nWhat is wrong, most likely:\n")
		for _, f := range faults {
			fmt.Fprintf(w, "  - %s (%s)\n", f.Words, some(f.Cases))
		}
	}
	if slow := r.Slow(); slow != "" {
		fmt.Fprintf(w, "\nSlow: %s.\n", slow)
	}
	_, err := fmt.Fprintf(w, "\n%s%s\n", r.Summary(), runBy(r.Name, command, "\n"))
	return err
}

// runBy says what command a name stands for, after a separator; "" if there is none.
func runBy(name, command, after string) string {
	if command == "" {
		return ""
	}
	return after + name + " is run by " + quote.Text(foreign.ShellLine(command))
}

// some names the first three and counts the rest.
func some(names []string) string {
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}

func writeCheckJSON(w io.Writer, r *servertest.Report, command string) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		*servertest.Report
		Command string             `json:"command,omitempty"`
		OK      bool               `json:"ok"`
		Summary string             `json:"summary"`
		Faults  []servertest.Fault `json:"faults"`
	}{r, quote.Text(command), r.OK(), r.Summary(), r.Faults()})
}

// The part of JUnit's XML that build servers read.
type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Errors   int         `xml:"errors,attr"`
		Time     string      `xml:"time,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Failure *junitMessage `xml:"failure"`
		Error   *junitMessage `xml:"error"`
		Skipped *junitMessage `xml:"skipped"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

func writeCheckJUnit(w io.Writer, r *servertest.Report, command string) error {
	s := junitSuite{Name: "socketbench check " + r.Name + runBy("it", command, "; "), Tests: len(r.Results), Failures: r.Count(servertest.Failed),
		Skipped: r.Count(servertest.Skipped) + r.Count(servertest.Known), Errors: r.Count(servertest.NotRun),
		Time: fmt.Sprintf("%.3f", r.Took.Seconds())}
	never := r.NotStarted()
	for _, result := range r.Results {
		family, rule, _ := strings.Cut(result.Case, "/")
		c := junitCase{Class: family, Name: rule, Time: fmt.Sprintf("%.3f", result.Took.Seconds())}
		switch result.Outcome {
		case servertest.Failed:
			c.Failure = &junitMessage{Message: result.Why, Text: quote.Lines(result.Failure.Error())}
			if never != "" {
				c.Failure.Message = "the server does not start"
			}
		case servertest.NotRun:
			c.Error = &junitMessage{Message: result.Reason}
		case servertest.Skipped, servertest.Known:
			c.Skipped = &junitMessage{Message: result.Reason}
		}
		s.Cases = append(s.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(s); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}
