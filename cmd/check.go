package cmd

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments/quote"
	"socketbench/servers/address"
	"socketbench/servers/servertest"
	"socketbench/servers/upper"
)

// checkFlags are the flags of check.
type checkFlags struct {
	framing   upper.Framing
	transport string
	only      string
	json      bool
	junit     bool
	list      bool
	quick     bool
	repeat    int
	soak      time.Duration
	patience  time.Duration
	budget    time.Duration
	pid       int
}

func (a *app) check() *cobra.Command {
	var f checkFlags
	var framing *upper.Framing
	c := &cobra.Command{
		Use:   "check NAME|ADDRESS|'COMMAND {port}'",
		Short: "run the conformance suite on any uppercase server",
		Long: `Check tests whether a server keeps the rules of the uppercase protocol, and names the rules it breaks. The
server is a design of this program, a server that listens at an address, or a command in any language,
which is started with a free port in place of {port}. Some rules need more than an address: a server
at an address cannot be stopped, and a command cannot be given small limits.

A server of datagrams has rules of its own: a datagram keeps its borders, an empty one is a message, what is longer
than the buffer is cut, and what is not read in time is lost without an error. A design of datagrams and an address
with udp:// are known as such; --transport udp says that a command is one.

The exit code is 0 if the server keeps every rule that was checked, 1 if it does not, and 3 if the check ended
before every rule was decided or if no rule could be checked.

` + commandHelp + `

Check gives a command its port and its framing (--framing). A command without {framing} must speak that framing by
itself. The other placeholders become 0, which leaves the choice to the server.

A message of framing length begins with its length: four bytes, big-endian, which count the bytes after them. In
Python: ` + upper.LengthInPython + `.

` + nameHelp,
		Example: `  socketbench check goroutine
  socketbench check tcp://127.0.0.1:9000
  socketbench check 'python3 server.py {port}'
  socketbench check udp
  socketbench check 'python3 mine.py {port}' --transport udp
  socketbench check mine --name mine='python3 server.py {port}'
  socketbench check 'python3 server.py {port}' --framing length
  socketbench check pool --framing line --only '^(framing|drain)/'
  socketbench check epoll --soak 5m
  socketbench check all --soak 5m
  socketbench check deadline --only '^(slow|drain)/' --repeat 100`,
		Args:              arguments(0, 1),
		ValidArgsFunction: a.completeServers(1),
		RunE: func(c *cobra.Command, args []string) error {
			f.framing = *framing
			only, err := regexp.Compile(f.only)
			if err != nil {
				return fmt.Errorf("check: --only %q is not a regular expression: %w", f.only, err)
			}
			if f.list {
				rows, err := listCases()
				if err != nil {
					return err
				}
				rows = slices.DeleteFunc(rows, func(r listed) bool { return !only.MatchString(r.Name) })
				return writeList(a.stdout, rows, f.json)
			}
			if !slices.ContainsFunc(servertest.Cases(), func(c servertest.Case) bool { return only.MatchString(c.Name) }) {
				return fmt.Errorf("check: --only %q matches no case (socketbench list cases)", f.only)
			}
			if len(args) == 0 {
				return errors.New("check: no server named; give a name (socketbench list), an address such as tcp://127.0.0.1:9000 or a 'COMMAND {port}'")
			}
			if err := aboveZero(c, "repeat", "patience", "budget"); err != nil {
				return err
			}
			switch {
			case args[0] == "all" && f.soak > 0:
				return a.soakAll(c.Context(), f)
			case args[0] == "all":
				return errors.New("check: all designs are checked with --soak only; name one of them (socketbench list servers)")
			}
			if f.transport != "tcp" && f.transport != "udp" {
				return fmt.Errorf("check: there is no transport %q; a command serves tcp or udp", f.transport)
			}
			if err := a.allUsed("check", args); err != nil {
				return err
			}
			target, release, err := a.checkTarget(c.Context(), args[0], f.transport, f.framing)
			if err != nil {
				return err
			}
			defer release()
			if f.pid != 0 && target.Start != nil {
				return fmt.Errorf("check: --pid is for a server at an ADDRESS; check starts %s itself and knows its process", args[0])
			}
			if f.pid != 0 {
				target.PID = f.pid
			}
			if f.soak > 0 && target.Network == "udp" {
				return fmt.Errorf("check: --soak keeps connections, and datagrams have none; check %s without it", args[0])
			}
			if f.soak > 0 {
				return a.soak(c.Context(), target, f.soak)
			}
			o := servertest.Options{Only: only, Patience: f.patience, Budget: f.budget, Quick: f.quick, Each: a.checkProgress(),
				Notice: func(slow string) { fmt.Fprintf(a.stderr, "slow    %s\n", slow) }}
			if c.Flags().Changed("budget") { // of all rounds
				o.Since = time.Now()
			}
			for round := 1; ; round++ {
				o.Seed = uint64(round)
				report := servertest.Check(c.Context(), target, o)
				if report.Absent != nil {
					at, _ := address.Parse(args[0])
					if address.Nameless(report.Absent) {
						return fmt.Errorf("check: address %q: %s", at, at.NoConnection(report.Absent))
					}
					return &doesNotHold{fmt.Errorf("check: %s; start the server first, or let check start it: 'COMMAND {port}'",
						at.NoConnection(report.Absent))}
				}
				report.Name = quote.Text(args[0]) // it may be a command with any bytes in it
				if last := round >= f.repeat; last || !report.OK() {
					return a.showCheck(&report, f)
				}
				fmt.Fprintf(a.stderr, "round %d of %d: %s\n", round, f.repeat, report.Summary())
			}
		},
	}
	a.nameFlag(c)
	framing = framingFlag(c)
	c.Flags().StringVar(&f.only, "only", "", "run only the cases whose names match this regular expression")
	c.Flags().StringVar(&f.transport, "transport", "tcp", "what a command serves: tcp, or udp for a server of datagrams")
	c.Flags().BoolVar(&f.json, "json", false, "print the report as JSON")
	c.Flags().BoolVar(&f.junit, "junit", false, "print the report as JUnit XML")
	c.Flags().BoolVar(&f.list, "list", false, "list the cases and run none")
	c.Flags().BoolVar(&f.quick, "quick", false, "leave out the heavy cases")
	c.Flags().IntVar(&f.repeat, "repeat", 1, "number of checks; stops at the first failure")
	c.Flags().DurationVar(&f.soak, "soak", 0, "instead of the cases, run mixed clients for this time and compare the server's resources before and after")
	c.Flags().DurationVar(&f.patience, "patience", 3*time.Second, "a case fails if nothing happens for this time")
	c.Flags().DurationVar(&f.budget, "budget", 55*time.Second, "time limit of the check, with all of --repeat; without this flag each repeat may take this long")
	c.Flags().IntVar(&f.pid, "pid", 0, "process id of the server at an ADDRESS; with it, descriptors and CPU time can be checked too")
	c.MarkFlagsMutuallyExclusive("json", "junit")
	return c
}

// checkProgress prints a line for each case that fails, as it fails.
func (a *app) checkProgress() func(servertest.Result) {
	return func(r servertest.Result) {
		if r.Outcome == servertest.Failed && !r.Failure.NotStarted() {
			fmt.Fprintf(a.stderr, "failed  %s\n", r.Case)
		}
	}
}

// showCheck writes the report as asked for. The error says whether all is well.
func (a *app) showCheck(r *servertest.Report, f checkFlags) error {
	write := writeCheckText
	switch {
	case f.json:
		write = writeCheckJSON
	case f.junit:
		write = writeCheckJUnit
	}
	if err := write(a.stdout, r, a.commands[r.Name]); err != nil {
		return err
	}
	if r.Interrupted {
		left := fmt.Sprintf("%d of %d rules not decided", r.Count(servertest.NotRun), len(r.Results)-r.Count(servertest.Skipped))
		err := fmt.Errorf("check: it was interrupted with %s", left)
		if r.Spent > 0 {
			err = fmt.Errorf("check: the budget of %v ran out with %s; --budget %v gives more time, --only checks a part of them, --quick leaves out the heavy ones",
				r.Spent, left, 4*r.Spent)
		}
		if r.Undecided() {
			return &cannotTell{err}
		}
		return &doesNotHold{err}
	}
	if r.Silent() {
		return &cannotTell{fmt.Errorf("check: no rule was checked: %s", r.WhyNot())}
	}
	if !r.OK() {
		return &doesNotHold{}
	}
	return nil
}

// soakAll soaks every design of the registry, and at the end names those that failed.
func (a *app) soakAll(ctx context.Context, f checkFlags) error {
	var broken []string
	for _, e := range a.registry {
		if e.New == nil || ctx.Err() != nil {
			continue
		}
		target, release, err := a.checkTarget(ctx, e.Name, f.transport, f.framing)
		if err != nil {
			return err
		}
		err = a.soak(ctx, target, f.soak)
		release()
		var no *doesNotHold
		if errors.As(err, &no) {
			broken = append(broken, e.Name)
		} else if err != nil {
			return err
		}
	}
	if len(broken) > 0 {
		return &doesNotHold{fmt.Errorf("check: soak: %s did not hold; one of them alone: socketbench check %s --soak %v",
			strings.Join(broken, ", "), broken[0], f.soak)}
	}
	return nil
}

// soak runs mixed clients for a while, and compares the server's resources before and after.
func (a *app) soak(ctx context.Context, target servertest.Target, d time.Duration) error {
	report, err := servertest.Soak(ctx, target, d, func(line string) { fmt.Fprintln(a.stderr, line) })
	if err != nil && ctx.Err() != nil {
		return &cannotTell{fmt.Errorf("check: soak: %w", err)}
	}
	if err != nil {
		return fmt.Errorf("check: soak: %w", err)
	}
	fmt.Fprintln(a.stdout, report)
	if !report.OK() {
		return &doesNotHold{}
	}
	return nil
}
