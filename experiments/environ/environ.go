// Package environ decides what of this process's environment reaches the processes that are measured: variables that
// change how a server or the generator behaves must not depend on the shell that a run was started from.
package environ

import (
	"slices"
	"strings"

	"socketbench/experiments/quote"
)

// What becomes of a variable that changes behaviour.
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

// Locale is what every measured process has for its language: what a text is made of does not depend on the place.
const Locale = "LC_ALL=C.UTF-8"

type kind struct {
	name  string
	fate  string
	usual bool // set on many a machine without anybody's having thought of a measurement: recorded, and no news
}

// kinds are the variables that change behaviour; the first that fits decides. A name that ends in * is a prefix.
// Removed are those that tune, which a run must not inherit; an experiment sets what it is about (gogc, gomaxprocs), and
// a command may begin with NAME=value, which is then part of its name. Passed on are those that say where something lies,
// without which a server may not start at all.
var kinds = []kind{
	{name: "GOGC", fate: Removed}, {name: "GODEBUG", fate: Removed}, {name: "GOMEMLIMIT", fate: Removed},
	{name: "GOMAXPROCS", fate: Removed}, {name: "GOTRACEBACK", fate: Removed}, {name: "GORACE", fate: Removed},
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

// Clean returns environ, in the form of os.Environ, as a measured process is given it, and the variables in it that
// change behaviour, by name.
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

// News says which of the settings a reader of the figures would not expect, a sentence a fate.
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
	value := func(of []Setting, name string) string {
		for _, s := range of {
			if s.Name == name && s.Fate == Passed {
				return quote.Text(s.Value)
			}
		}
		return "not set"
	}
	var names []string
	for _, s := range slices.Concat(first, second) {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	for _, n := range names {
		if a, b := value(first, n), value(second, n); a != b {
			list = append(list, n+" of the environment differs: "+a+", then "+b)
		}
	}
	return list
}
