// Package cmd is the command line of socketbench: one file a subcommand. Libraries return; only this
// package prints and exits.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"socketbench/experiments"
	"socketbench/experiments/quote"
	"socketbench/experiments/spec"
	"socketbench/patterns/prefork"
	"socketbench/servers"
	"socketbench/servers/foreign"
	"socketbench/servers/suggest"
)

// Exit codes of the binary.
const (
	exitDone   = 0 // done
	exitNo     = 1 // the thing asked about does not hold
	exitUsage  = 2 // the call or the file is wrong
	exitUnsure = 3 // a gate cannot tell whether it holds, or a check asked too little to tell
)

// Main runs the command line args (without the program's name) and returns the exit code. extra are
// servers of the caller's own: they appear in every list and can be run, checked and watched like those
// of the registry. It does not return in a process that this program has started from itself; a TestMain that starts
// servers begins with prefork.Child(servers.PreforkChild).
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer, extra ...servers.Entry) int {
	prefork.Child(servers.PreforkChild)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the first signal asks; a second one ends the process at once
	registry, err := addEntries(slices.Concat(servers.All(), foreign.Entries()), extra)
	if err != nil {
		fmt.Fprintln(stderr, quote.Lines(err.Error()))
		return exitUsage
	}
	experiments.Become(registry)
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, registry: registry}
	root := a.root()
	root.SetArgs(args)
	c, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))) {
		err = &doesNotHold{fmt.Errorf("%s: interrupted", c.Name())}
	}
	var elsewhere *errReplaced
	if errors.As(err, &elsewhere) {
		return elsewhere.code
	}
	var no *doesNotHold
	if errors.As(err, &no) {
		if no.err != nil {
			fmt.Fprintln(stderr, quote.Lines(quote.Error(no.err)))
		}
		return exitNo
	}
	fmt.Fprintln(stderr, quote.Lines(quote.Error(err))) // it may repeat what a user or a server wrote
	if errors.As(err, new(*cannotTell)) {
		return exitUnsure
	}
	return exitUsage
}

// app is what every subcommand is given.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	registry       servers.Registry
	commands       spec.Commands // of --name
}

// doesNotHold is the error of a command that ran and whose answer is no: exit code 1. err may be nil
// if the result on stdout says it already.
type doesNotHold struct{ err error }

func (e *doesNotHold) Error() string {
	if e.err == nil {
		return "does not hold"
	}
	return e.err.Error()
}

func (e *doesNotHold) Unwrap() error { return e.err }

// root builds the command tree. Each subcommand is a method of app in a file of its own.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "socketbench",
		Short:         "compare the concurrency designs of socket servers",
		Example:       "  socketbench list\n  socketbench code sequential goroutine\n  socketbench check goroutine",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(c *cobra.Command, _ []string) (err error) {
			c.Flags().Visit(func(f *pflag.Flag) {
				if kind := f.Value.Type(); strings.HasPrefix(f.Value.String(), "-") && kind != "string" {
					err = fmt.Errorf("%s: --%s %s is below zero", c.Name(), f.Name, f.Value)
				}
			})
			return err
		},
	}
	root.Args = func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var names []string
		for _, c := range root.Commands() {
			if !c.Hidden {
				names = append(names, c.Name())
			}
		}
		return fmt.Errorf("no command %q%s", args[0], suggest.DidYouMean(args[0], names))
	}
	root.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	root.CompletionOptions.DisableDefaultCmd = true // a.completion has examples
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	for _, command := range []func() *cobra.Command{
		a.run,
		a.fit,
		a.refute,
		a.doctor,
		a.watch,
		a.list,
		a.report,
		a.serve,
		a.talk,
		a.exercise,
		a.book,
		a.check,
		a.load,
		a.fleet,
		a.agent,
		a.compare,
		a.schema,
		a.code,
		a.completion,
		a.evidenceTopic, a.experimentTopic, // help topics
	} {
		root.AddCommand(command())
	}
	for _, c := range append(root.Commands(), root) {
		decimals(c)
		c.Args = withRemedy(c.Args)
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		if words := c.Flags().Args(); c == root && len(words) > 0 { // flags of a command that does not exist: its name is what is wrong
			return root.Args(root, words)
		}
		return misused(c, err)
	})
	return root
}

// arguments accepts least to most arguments. If the command lists valid ones, each must be one of them.
func arguments(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return fmt.Errorf("%s given; write socketbench %s", were(len(args), "argument"), c.Use)
		}
		for _, arg := range args {
			if len(c.ValidArgs) > 0 && !slices.Contains(c.ValidArgs, arg) {
				return fmt.Errorf("no %q%s; there are %s", arg, suggest.DidYouMean(arg, c.ValidArgs), strings.Join(c.ValidArgs, ", "))
			}
		}
		return nil
	}
}

// misused is the error of a call that a command does not understand. It ends with the help that explains the form.
func misused(c *cobra.Command, err error) error {
	return fmt.Errorf("%s: %w (%s --help)", c.Name(), err, c.CommandPath())
}

func withRemedy(check cobra.PositionalArgs) cobra.PositionalArgs {
	if check == nil {
		return nil
	}
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return misused(c, err)
		}
		return nil
	}
}
