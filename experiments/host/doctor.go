package host

// Grade is what a finding means for measuring here.
type Grade string

// Grades.
const (
	Fine    Grade = "fine"
	Warning Grade = "warning" // it can be measured here; keep the finding in mind when you read the figures
	Stop    Grade = "stop"    // figures measured here would not be about the servers
)

// A Finding is one line about this machine.
type Finding struct {
	Subject string `json:"subject"`
	Grade   Grade  `json:"grade"`
	Found   string `json:"found"`
	Remedy  string `json:"remedy,omitempty"` // none when fine
}

// Examine looks at what a machine must have so that servers can be measured on it. It takes about a second, most of it
// spent waiting for timers.
func Examine() []Finding {
	var e examination
	f := ReadFacts()
	e.cpus(f)
	e.platform(f)
	return e.findings
}

type examination struct{ findings []Finding }

func (e *examination) add(subject string, g Grade, found, remedy string) {
	if g == Fine {
		remedy = ""
	}
	e.findings = append(e.findings, Finding{subject, g, found, remedy})
}

// grade is Fine when good, else worse.
func grade(good bool, worse Grade) Grade {
	if good {
		return Fine
	}
	return worse
}
