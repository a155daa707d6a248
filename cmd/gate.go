package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// gateHelp is what every command with a gate says of it.
const gateHelp = `--fail-on makes the command a gate, and can be given several times. Each gives a bound that every cell must
keep: 'latency.p99<200ms', 'unserved==0', 'rss_peak<1GiB'. The bound 'refuted' is broken by a refuted
prediction of the experiment. With "where" after it, a bound is about some cells only: 'lost==0 where
server=epoll, load.mute=0'. A bound holds or is broken only if the whole 95 % interval says so; a count is
exact, so one trial breaks it.

The exit code is 0 if every bound holds, 1 if one is broken, and 3 if the command cannot tell: a figure is
missing, no client was served, trials are not valid, or there are too few blocks. It then says what it would
need. --undecided pass or --undecided fail makes this 0 or 1.`

// The values of --undecided, for a gate that cannot tell.
const (
	undecidedTell = "tell"
	undecidedPass = "pass"
	undecidedFail = "fail"
)

// gateFlags are the flags of a command whose exit code may depend on its figures.
type gateFlags struct {
	failOn    []string
	undecided string
}

func (g *gateFlags) add(c *cobra.Command, example string) {
	c.Flags().StringArrayVar(&g.failOn, "fail-on", nil, "exit with 1 if this bound is broken, and with 3 if the run cannot tell, such as "+example)
	c.Flags().StringVar(&g.undecided, "undecided", undecidedTell, "what to do if the run cannot tell whether a bound holds: tell (exit 3), pass or fail")
	c.RegisterFlagCompletionFunc("undecided", cobra.FixedCompletions([]string{undecidedTell, undecidedPass, undecidedFail}, cobra.ShellCompDirectiveNoFileComp))
}

// bounds reads the flags. An error begins with the name of the command.
func (g gateFlags) bounds(command string) (list []verdict.Bound, err error) {
	switch g.undecided {
	case undecidedTell, undecidedPass, undecidedFail:
	default:
		return nil, fmt.Errorf("%s: --undecided is tell, pass or fail, and not %q", command, g.undecided)
	}
	for _, text := range g.failOn {
		b, err := verdict.ParseBound(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", command, err)
		}
		list = append(list, b)
	}
	return list, nil
}

// outcome is the error of a gate, which decides the exit code; nil if the gate passes.
func (g gateFlags) outcome(command string, gate verdict.Gate) error {
	broken, unknown := gate.Count(verdict.Refuted), gate.Count(verdict.Undecided)
	switch word := gate.Word(); {
	case word == verdict.Refuted:
		return &doesNotHold{fmt.Errorf("%s: bounds are broken in %s", command, unit.Many(broken, "place"))}
	case word == verdict.Holds, g.undecided == undecidedPass:
		return nil
	case g.undecided == undecidedFail:
		return &doesNotHold{fmt.Errorf("%s: bounds cannot be judged in %s, which counts as broken (--undecided fail)", command, unit.Many(unknown, "place"))}
	}
	return &cannotTell{fmt.Errorf("%s: bounds cannot be judged in %s; the result says what each needs, and --undecided pass lets them pass", command, unit.Many(unknown, "place"))}
}

// cannotTell is the error of a gate that could not be judged: exit code 3.
type cannotTell struct{ err error }

func (e *cannotTell) Error() string { return e.err.Error() }

func (e *cannotTell) Unwrap() error { return e.err }
