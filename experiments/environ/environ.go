// Package environ decides which variables of this process's environment reach the processes that are measured. How a
// server or the generator behaves must not depend on the shell that a run was started from.
package environ

import (
	"maps"
	"slices"
	"strings"

	"socketbench/experiments/quote"
)

// What is done with a variable that changes behaviour.
const (
	Removed = "removed"
	Passed  = "passed on"
)

// Setting is such a variable, as it was found.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Fate  string `json:"fate"` // Removed or Passed
}

// Locale is the language of every measured process: how it reads and writes text must not depend on the machine.
const Locale = "LC_ALL=C.UTF-8"

type kind struct {
	name  string
	fate  string
	usual bool // set on many machines for other reasons: it is recorded, and not told
}

// kinds are the variables that change behaviour; the first that fits decides. A name that ends in * is a prefix.
// Those that tune a process are removed: an experiment sets what it is about (gogc, gomaxprocs), and a command may begin
// with NAME=value, which is then part of its name. Those that say where something lies are passed on, because a server
// may not start without them.
var kinds = []kind{
	{name: "GOGC", fate: Removed}, {name: "GODEBUG", fate: Removed}, {name: "GOMEMLIMIT", fate: Removed},
	{name: "GOMAXPROCS", fate: Removed}, {name: "GOTRACEBACK", fate: Removed},
	{name: "GORACE", fate: Passed, usual: true}, // only a program that is built for the race detector reads it
	{name: "LD_LIBRARY_PATH", fate: Passed}, {name: "LD_*", fate: Removed}, {name: "DYLD_LIBRARY_PATH", fate: Passed}, {name: "DYLD_*", fate: Removed},
	{name: "MALLOC_*", fate: Removed}, {name: "GLIBC_TUNABLES", fate: Removed}, {name: "OMP_*", fate: Removed},
	{name: "PYTHONPATH", fate: Passed}, {name: "PYTHONHOME", fate: Passed}, {name: "PYTHONDONTWRITEBYTECODE", fate: Removed, usual: true},
	{name: "PYTHONUNBUFFERED", fate: Removed, usual: true}, {name: "PYTHON*", fate: Removed},
	{name: "NODE_PATH", fate: Passed}, {name: "NODE_ENV", fate: Passed}, {name: "NODE_OPTIONS", fate: Removed}, {name: "UV_*", fate: Removed},
	{name: "JAVA_HOME", fate: Passed}, {name: "JAVA_TOOL_OPTIONS", fate: Removed}, {name: "_JAVA_OPTIONS", fate: Removed}, {name: "JDK_JAVA_OPTIONS", fate: Removed},
	{name: "RUBYOPT", fate: Removed}, {name: "PERL5OPT", fate: Removed},
	{name: "ENV", fate: Removed}, {name: "BASH_ENV", fate: Removed}, // files that a shell runs first
	{name: "TMPDIR", fate: Passed, usual: true}, {name: "TZ", fate: Passed, usual: true},
	{name: "LANG", fate: Removed, usual: true}, {name: "LANGUAGE", fate: Removed, usual: true}, {name: "LC_*", fate: Removed, usual: true},
}

// Clean turns environ, in the form of os.Environ, into what a measured process is given. It also returns the variables of
// environ that change behaviour, by name.
func Clean(environ []string) (env []string, found []Setting) {
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		k, changes := find(name)
		if !changes || k.fate == Passed {
			env = append(env, entry)
		}
		if changes {
			found = append(found, Setting{name, value, k.fate})
		}
	}
	slices.SortFunc(found, func(a, b Setting) int { return strings.Compare(a.Name, b.Name) })
	return append(env, Locale), found
}

func find(name string) (k kind, ok bool) {
	i := slices.IndexFunc(kinds, func(k kind) bool {
		prefix, many := strings.CutSuffix(k.name, "*")
		return name == k.name || many && strings.HasPrefix(name, prefix)
	})
	if i < 0 {
		return kind{}, false
	}
	return kinds[i], true
}

// News says which of the settings a reader of the figures would not expect: a sentence for those that were removed, and
// one for those that were passed on.
func News(found []Setting) (list []string) {
	said := map[string][]string{}
	for _, s := range found {
		if k, _ := find(s.Name); !k.usual {
			said[s.Fate] = append(said[s.Fate], s.Name+"="+quote.Text(s.Value))
		}
	}
	if removed := said[Removed]; len(removed) > 0 {
		list = append(list, "the environment's "+strings.Join(removed, ", ")+
			": kept from servers and generator; an experiment sets gogc and gomaxprocs, and a command may begin with NAME=value")
	}
	if passed := said[Passed]; len(passed) > 0 {
		list = append(list, "servers without the environment's "+strings.Join(passed, ", ")+": it was passed on to them")
	}
	return list
}

// Differences says in which of the variables that reached the servers two runs differ.
func Differences(first, second []Setting) (list []string) {
	passed := func(found []Setting) map[string]string {
		values := map[string]string{}
		for _, s := range found {
			if s.Fate == Passed {
				values[s.Name] = s.Value
			}
		}
		return values
	}
	for _, c := range differ(passed(first), passed(second)) {
		list = append(list, c.Name+" of the environment differs: "+c.Before+", then "+c.After)
	}
	return list
}

// Change is a variable that one environment has otherwise than another. Values are quoted; "not set" where there is none.
type Change struct{ Name, Before, After string }

// Changes compares the environment of a process with the one that was given to the process which started it, both in the
// form of os.Environ: the variables that change behaviour, by name.
func Changes(given, has []string) []Change {
	telling := func(environ []string) map[string]string {
		values := map[string]string{}
		for _, entry := range environ {
			name, value, _ := strings.Cut(entry, "=")
			if _, changes := find(name); changes {
				values[name] = value
			}
		}
		return values
	}
	return differ(telling(given), telling(has))
}

func differ(before, after map[string]string) (list []Change) {
	text := func(values map[string]string, name string) string {
		if v, set := values[name]; set {
			return quote.Text(v)
		}
		return "not set"
	}
	both := maps.Clone(before)
	maps.Copy(both, after)
	for _, name := range slices.Sorted(maps.Keys(both)) {
		if b, a := text(before, name), text(after, name); a != b {
			list = append(list, Change{name, b, a})
		}
	}
	return list
}
