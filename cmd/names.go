package cmd

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"socketbench/experiments/catalog"
	"socketbench/experiments/quote"
	"socketbench/experiments/scenes"
	"socketbench/experiments/spec"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

// nameHelp is what every command with --name says of it.
const nameHelp = `--name gives a command a short name for the command line and for every report:
--name mine='./mine {port}'. It can be given several times.`

// nameFlag is --name, a name and the command that it stands for.
type nameFlag struct{ *app }

func (nameFlag) String() string { return "" }
func (nameFlag) Type() string   { return "NAME=COMMAND" }

func (f nameFlag) Set(text string) error {
	name, command, ok := strings.Cut(text, "=")
	if !ok || spec.IsCommand(name) {
		return fmt.Errorf("write NAME='COMMAND {port}', such as mine='./mine {port}'")
	}
	if err := checkName(name, f.registry); err != nil {
		return fmt.Errorf("%w; choose another name", err)
	}
	if err := spec.CheckCommand(command); err != nil {
		return err
	}
	if before, twice := f.commands[name]; twice && before != command {
		return fmt.Errorf("%s is given twice, first as %s; choose another name for one of them", name, foreign.ShellLine(before))
	}
	if f.commands == nil {
		f.commands = spec.Commands{}
	}
	f.commands[name] = command
	return nil
}

// nameFlag adds --name to a command that starts servers.
func (a *app) nameFlag(c *cobra.Command) {
	c.Flags().Var(nameFlag{a}, "name", "a short name for a command, such as mine='./mine {port}'; repeatable")
}

// checkName says why a server cannot have this name.
func checkName(name string, registry servers.Registry) error {
	return cmp.Or(spec.CheckName(name, registry), elsewhere("an experiment", name, catalog.Names()), elsewhere("a scene", name, scenes.Names()))
}

func elsewhere(what, name string, taken []string) error {
	if slices.Contains(taken, name) {
		return fmt.Errorf("there is %s of this name", what)
	}
	return nil
}

// addEntries returns the registry followed by an author's servers.
func addEntries(registry servers.Registry, extra []servers.Entry) (servers.Registry, error) {
	all := slices.Clone(registry)
	for i, e := range extra {
		where := fmt.Sprintf("socketbench: entry %d given to Main, Name: %q", i+1, e.Name)
		if err := checkName(e.Name, all); err != nil {
			return nil, fmt.Errorf("%s: %w; give it another name", where, err)
		}
		if e.New == nil && e.Launch == nil {
			return nil, fmt.Errorf("%s: New is nil; set it to the function that makes the server", where)
		}
		all = append(all, e)
	}
	return all, nil
}

// lookup finds a registered server. The error suggests names of commands too.
func (a *app) lookup(name string) (servers.Entry, error) {
	all := slices.Clone(a.registry)
	for _, n := range a.commands.Names() {
		all = append(all, servers.Entry{Name: n})
	}
	return all.Lookup(name)
}

// allUsed refuses a --name that no server of the call has: its command would never run.
func (a *app) allUsed(command string, called []string) error {
	for _, name := range a.commands.Names() {
		if !slices.Contains(called, name) {
			return fmt.Errorf("%s: --name: no server of this call is called %s; add %s to the call, or leave the name out", command, name, name)
		}
	}
	return nil
}

// sayNames names the commands of an experiment that --name replaces.
func (a *app) sayNames(experiment string, own spec.Commands) {
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if command, given := a.commands[name]; given && command != own[name] {
			fmt.Fprintf(a.stderr, "%s: %s is run by the command of --name, and not by %s\n", experiment, name, quote.Text(foreign.ShellLine(own[name])))
		}
	}
}
