package book

import (
	"strings"

	"socketbench/experiments"
)

// finding is one prediction of a published experiment, and what each machine's run found.
type finding struct {
	Experiment string
	Claim      string
	Words      []found
}

type found struct {
	Machine, Says string
	Good, Bad     bool
}

// findings reads the predictions of one experiment from the table below its heading.
func findings(experiment string) (list []finding) {
	_, section, ok := strings.Cut(experiments.Published(), "\n### "+experiment+"\n")
	if !ok {
		return nil
	}
	section, _, _ = strings.Cut(section, "\n### ")
	var machines []string
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		switch {
		case !strings.HasPrefix(line, "| "):
		case machines == nil:
			for _, c := range cells[1:] {
				machines = append(machines, strings.Trim(c, " `|"))
			}
		case len(cells) == len(machines)+1:
			claim, _, _ := strings.Cut(strings.TrimSpace(cells[0]), "<br>")
			f := finding{Experiment: experiment, Claim: strings.ReplaceAll(claim, "`", "")}
			for i, c := range cells[1:] {
				c = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(c, "`", ""), "<br>", "; "))
				f.Words = append(f.Words, found{machines[i], c, strings.HasPrefix(c, "✓"), strings.HasPrefix(c, "✗")})
			}
			list = append(list, f)
		}
	}
	return list
}
