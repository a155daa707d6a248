package spec

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"socketbench/servers"
)

// Commands are short names for commands: a server that is called by such a name is run by its command, and every report
// calls it by the name.
type Commands map[string]string

// Of returns the command that runs a server: the one that its name stands for, or the server itself where it is written
// as a command. ok is false for a registered server.
func (c Commands) Of(server string) (command string, ok bool) {
	if IsCommand(server) {
		return server, true
	}
	command, ok = c[server]
	return command, ok
}

// Names returns the names in alphabetical order.
func (c Commands) Names() []string { return slices.Sorted(maps.Keys(c)) }

// validServer is what a server may be called: a word that a command line, a file and a table show as it is.
var validServer = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)

// CheckName says why nobody may call a server so: a name must be one that commands can tell from all other things that
// they are given. registry has the names that are taken.
func CheckName(name string, registry servers.Registry) error {
	switch ext := path.Ext(name); {
	case !validServer.MatchString(name):
		return errors.New("a name is letters, digits and . _ + -, and begins with a letter or a digit")
	case name == "all":
		return errors.New("all means every server")
	case ext == ".yaml", ext == ".yml":
		return fmt.Errorf("what ends in %s is a file", ext)
	case slices.Contains(registry.Names(), name):
		return errors.New("there is a server of this name")
	}
	return nil
}

// CheckCommand says why a command cannot be run as a server.
func CheckCommand(command string) error {
	switch {
	case !IsCommand(command):
		return fmt.Errorf("%s has no {port}; say where the port goes, such as \"./mine {port}\"", show(command))
	case !utf8.ValidString(command):
		return fmt.Errorf("%s is no UTF-8 text, and a run stores its commands as text; put these bytes into a script, and name that", show(command))
	}
	return nil
}

// Named returns e with the commands of given for those of its servers that they name, in place of e's own for these
// names. A command whose name is no server of e is left out.
func (e Experiment) Named(given Commands) Experiment {
	own := e.Commands
	e.Commands = nil
	for _, s := range e.Servers {
		command, ok := given[s]
		if !ok {
			command, ok = own[s]
		}
		if !ok {
			continue
		}
		if e.Commands == nil {
			e.Commands = Commands{}
		}
		e.Commands[s] = command
	}
	return e
}

func (e Experiment) commandProblems(registry servers.Registry) (list problems) {
	for _, name := range e.Commands.Names() {
		if err := CheckName(name, registry); err != nil && registry != nil {
			list.bad("commands."+name, "commands: %q: %v; choose another name", name, err)
		}
		if err := CheckCommand(e.Commands[name]); err != nil {
			list.bad("commands."+name, "commands: %s: %v", name, err)
		}
	}
	return list
}

// commands reads the block of that name; nil where it is empty.
func (r *reader) commands(n ast.Node) (list Commands) {
	for _, e := range r.Entries("commands", n) {
		r.Places["commands."+e.Key] = e.At
		v, ok := r.Value(e.Value)
		if !ok {
			continue
		}
		command, isText := v.(string)
		if !isText {
			r.Fault(e.At, "commands.%s wants a command, such as \"./mine {port}\"; %s", e.Key, instead(v))
			continue
		}
		if list == nil {
			list = Commands{}
		}
		list[e.Key] = command
	}
	return list
}

// unused reports each command that no server is run by.
func (r *reader) unused() {
	for _, name := range r.exp.Commands.Names() {
		if !slices.Contains(r.exp.Servers, name) {
			r.Fault(r.Places["commands."+name], "%q is a command that no server is run by; list %s under servers, or leave it out", name, name)
		}
	}
}
