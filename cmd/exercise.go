package cmd

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments/exercise"
	"socketbench/experiments/host"
	"socketbench/experiments/quote"
	"socketbench/experiments/report/wrap"
	"socketbench/experiments/spec"
	"socketbench/servers/servertest"
)

// exerciseFlags are the flags of exercise.
type exerciseFlags struct {
	skeleton string
	progress string
	student  string
	json     bool
	junit    bool
	budget   time.Duration
}

func (a *app) exercise() *cobra.Command {
	var f exerciseFlags
	c := &cobra.Command{
		Use:   "exercise [TASK] ['COMMAND {port}'|NAME|ADDRESS]",
		Short: "tasks from the first server of a course to an event loop, which grade themselves",
		Long: `Exercise lists the tasks. With a number or a name it shows the task, and with --skeleton a program to begin with.
With a server it says whether that passes, or what to look at. It takes at most 5 seconds (--budget).

The server is a command in any language, which is started with a free port in place of {port}, a design of this program, or
a server that listens at an address. Nothing is remembered, unless --progress names a file for it.
A rule is broken if nothing happens for a second. A command must listen within 4 seconds, so compile a server first.

The exit code is 0 if the server passes, 1 if it does not, and 3 if that could not be decided.`,
		Example: `  socketbench exercise
  socketbench exercise 3
  socketbench exercise 3 --skeleton python > mine.py
  socketbench exercise 3 'python3 mine.py {port}'
  socketbench exercise 3 'python3 mine.py {port}' --progress class.json --student Ada`,
		Args:              arguments(0, 2),
		ValidArgsFunction: a.completeExercise,
		RunE: func(c *cobra.Command, args []string) error {
			if err := aboveZero(c, "budget"); err != nil {
				return err
			}
			if len(args) == 0 {
				if f.skeleton != "" || f.progress != "" || f.json || f.junit {
					return errors.New("exercise: no task named; the flags are about one task (socketbench exercise)")
				}
				rows, err := listExercises()
				if err != nil {
					return err
				}
				return writeList(a.stdout, rows, false)
			}
			t, err := exercise.Find(args[0])
			switch {
			case err != nil:
				return err
			case f.skeleton != "":
				if len(args) > 1 {
					return errors.New("exercise: --skeleton prints a program to begin with; leave the server out")
				}
				text, err := t.Skeleton(f.skeleton)
				if err != nil {
					return err
				}
				_, err = fmt.Fprint(a.stdout, text)
				return err
			case f.student != "" && f.progress == "":
				return errors.New("exercise: --student is the name in the file of --progress; give that file, too")
			case len(args) == 1 && (f.progress != "" || f.json || f.junit):
				return errors.New("exercise: no server named; give a 'COMMAND {port}', a name or an address")
			case len(args) == 1:
				return a.showExercise(t)
			}
			return a.mark(c.Context(), t, args[1], f)
		},
	}
	a.nameFlag(c)
	c.Flags().StringVar(&f.skeleton, "skeleton", "", "print a program to begin with, in `LANGUAGE`: "+strings.Join(exercise.Languages, " or "))
	c.Flags().StringVar(&f.progress, "progress", "", "keep in `FILE` who has tried and passed which task, and when; several students may share it")
	c.Flags().StringVar(&f.student, "student", "", "the `NAME` to be kept with --progress (default: the user's login name)")
	c.Flags().BoolVar(&f.json, "json", false, "print the result as JSON")
	c.Flags().BoolVar(&f.junit, "junit", false, "print the rules as JUnit XML")
	c.Flags().DurationVar(&f.budget, "budget", exercise.Budget, "time limit; a slow machine may need more")
	c.MarkFlagsMutuallyExclusive("json", "junit", "skeleton")
	return c
}

// loginName is what the system calls the user.
func loginName() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "unknown"
}

// listExercises is the ladder.
func listExercises() (rows []listed, err error) {
	for _, t := range exercise.Tasks() {
		rows = append(rows, listed{Name: t.Name, Kind: strconv.Itoa(t.Number), About: t.Task})
	}
	return rows, nil
}

// showExercise prints a task, with what decides it and where to look.
func (a *app) showExercise(t exercise.Task) error {
	why := map[string]string{}
	for _, c := range servertest.Cases() {
		why[c.Name] = c.Why
	}
	paragraph := func(format string, args ...any) {
		text, indent := fmt.Sprintf(format, args...), ""
		for _, line := range wrap.Words(text, a.columns()-2) {
			fmt.Fprintln(a.stdout, indent+line)
			if strings.HasPrefix(text, "- ") {
				indent = "  "
			}
		}
	}
	paragraph("Task %d, %s", t.Number, t.Name)
	fmt.Fprintln(a.stdout)
	paragraph("%s", t.Task)
	fmt.Fprintln(a.stdout, "\nIt is decided by these rules:")
	for _, rule := range t.Rules {
		paragraph("- %s (%s)", why[rule], rule)
	}
	fmt.Fprintln(a.stdout)
	paragraph("Hint: %s", t.Hint)
	fmt.Fprintf(a.stdout, "\nRead:       socketbench code %s\n", strings.Join(t.Read, " "))
	fmt.Fprintf(a.stdout, "Begin with: socketbench exercise %d --skeleton python > mine.py   (or: --skeleton go > mine.go)\n", t.Number)
	fmt.Fprintf(a.stdout, "Try it:     socketbench exercise %d 'python3 mine.py {port}'\n", t.Number)
	return nil
}

// mark checks one attempt.
func (a *app) mark(ctx context.Context, t exercise.Task, what string, f exerciseFlags) error {
	who := f.student
	if who == "" {
		who = loginName()
	}
	if f.progress != "" {
		if err := exercise.CanKeep(f.progress); err != nil {
			return err
		}
	}
	if err := a.allUsed("exercise", []string{what}); err != nil {
		return err
	}
	if _, named := a.commands.Of(what); !named && strings.Contains(what, " ") {
		return fmt.Errorf("exercise: %w", spec.CheckCommand(what))
	}
	target, release, err := a.attempt(ctx, t, what)
	if err != nil {
		return err
	}
	g := t.Mark(ctx, target, f.budget)
	release()
	g.Report.Name = quote.Text(what)
	var unkept error // the student sees the grade all the same
	if f.progress != "" && g.Decided {
		unkept = exercise.Keep(f.progress, quote.Prose(who), g)
	}
	switch {
	case f.junit:
		err = writeCheckJUnit(a.stdout, &g.Report, a.commands[what])
	case f.json:
		e := json.NewEncoder(a.stdout)
		e.SetIndent("", "  ")
		err = e.Encode(g)
	default:
		err = a.showGrade(t, g)
	}
	switch err = cmp.Or(err, unkept); {
	case err != nil || g.Passed:
		return err
	case g.Report.Absent != nil:
		return &doesNotHold{fmt.Errorf("exercise: %s", g.Why)}
	case !g.Decided:
		return &cannotTell{fmt.Errorf("exercise: %s", cmp.Or(g.Why, "it was interrupted"))}
	}
	return &doesNotHold{}
}

// showGrade prints what came of an attempt.
func (a *app) showGrade(t exercise.Task, g exercise.Grade) error {
	var lines []string
	switch {
	case g.Passed:
		next := "That was the last task."
		if all := exercise.Tasks(); t.Number < len(all) {
			next = fmt.Sprintf("Next: socketbench exercise %d, %s", t.Number+1, all[t.Number].Name)
		}
		lines = []string{fmt.Sprintf("Passed: task %d, %s. It keeps all %d rules.", t.Number, t.Name, len(t.Rules)), next}
	case g.Decided:
		lines = append(lines, fmt.Sprintf("Not yet: task %d, %s. It keeps %d of %d rules.", t.Number, t.Name, g.Report.Count(servertest.Passed), len(t.Rules)), "")
		lines = append(lines, wrap.Words(g.Advice, a.columns())...)
		if len(g.Broken) == 0 { // it does not start
			break
		}
		lines = append(lines, "")
		lines = append(lines, wrap.Words(fmt.Sprintf("The first rule that it breaks: %s (%s).", g.Why, g.Broken[0]), a.columns())...)
		lines = append(lines, "", "With --json it says all that was seen.")
	}
	for _, line := range lines {
		fmt.Fprintln(a.stdout, quote.Lines(line))
	}
	return nil
}

// startMost is how long an attempt may take until it listens. The rest of the usual budget is enough to say that it does not.
const startMost = 4 * time.Second

// attempt is the target of a task. A command need not be told the framing: it is written for the task.
func (a *app) attempt(ctx context.Context, t exercise.Task, what string) (target servertest.Target, release func(), err error) {
	transport := cmp.Or(t.Transport, "tcp")
	if command, named := a.commands.Of(what); named {
		target := servertest.Target{Name: what, Network: transport, Framing: t.Framing, Stops: t.Stops}
		return told(ctx, target, command, host.Options{Job: host.Job{Server: command, Transport: transport, Start: startMost, Stop: time.Second}})
	}
	target, release, err = a.checkTarget(ctx, what, transport, t.Framing)
	switch {
	case err != nil:
		return target, nil, err
	case (target.Network == "udp") != (transport == "udp"):
		err = fmt.Errorf("exercise: task %s is about %s, and %s serves %s", t.Name, transport, what, target.Network)
	case t.Stops && target.Start == nil:
		err = errors.New("exercise: a server at an address cannot be told to stop; give the 'COMMAND {port}' that starts it")
	}
	if err != nil {
		release()
	}
	return target, release, err
}
