// Package exercise is a ladder of tasks, from the first server of a course to an event loop. Each task has a program to begin
// with, and is decided by rules of the contract (package servertest); what the rules see tells what a wrong attempt most likely got
// wrong.
package exercise

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"socketbench/servers/suggest"
	"socketbench/servers/upper"
)

//go:embed tasks.yaml _skeletons/*.py _skeletons/*.go
var files embed.FS

// Task is one exercise.
type Task struct {
	Number    int           `yaml:"-"` // on the ladder, from 1
	Name      string        `yaml:"name"`
	Task      string        `yaml:"task"`      // what is to be built
	Framing   upper.Framing `yaml:"framing"`   // raw, unless it is about another
	Transport string        `yaml:"transport"` // udp; "": tcp
	Stops     bool          `yaml:"stops"`     // the server is told to stop, and watched while it does
	Rules     []string      `yaml:"rules"`     // of the contract, that decide it
	Hint      string        `yaml:"hint"`      // without the solution
	Read      []string      `yaml:"read"`      // the designs that show it, for the command code
	Mistakes  []Mistake     `yaml:"mistakes"`  // the most telling first
}

// Mistake is what a wrong attempt most likely got wrong, recognised by what the contract saw.
type Mistake struct {
	Rule  string `yaml:"rule"`  // that was broken; "": any
	Fault string `yaml:"fault"` // a part of the contract's own sentence; "": any
	Seen  string `yaml:"seen"`  // the kind of event, as servertest.Failure has it; "": any
	Says  string `yaml:"says"`
}

// Languages are those of the programs to begin with.
var Languages = []string{"python", "go"}

// Tasks returns the ladder.
func Tasks() []Task {
	text, err := files.ReadFile("tasks.yaml")
	if err != nil {
		panic(err) // it is part of the program
	}
	list, err := read(text)
	if err != nil {
		panic(err) // a test reads the same text
	}
	return list
}

func read(text []byte) (list []Task, err error) {
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("exercise: %w", err)
	}
	for i := range list {
		list[i].Number = i + 1
	}
	return list, nil
}

// Find returns the task of a number or a name.
func Find(what string) (Task, error) {
	list := Tasks()
	if n, err := strconv.Atoi(what); err == nil {
		if n < 1 || n > len(list) {
			return Task{}, fmt.Errorf("exercise: no task %d; there are %d (socketbench exercise)", n, len(list))
		}
		return list[n-1], nil
	}
	var names []string
	for _, t := range list {
		names = append(names, t.Name)
	}
	if i := slices.Index(names, what); i >= 0 {
		return list[i], nil
	}
	return Task{}, fmt.Errorf("exercise: no task %q%s (socketbench exercise)", what, suggest.DidYouMean(what, names))
}

// Skeleton is the program to begin with, in one of [Languages].
func (t Task) Skeleton(language string) (string, error) {
	end := map[string]string{"python": ".py", "go": ".go"}[language]
	if end == "" {
		return "", fmt.Errorf("exercise: no program in %q to begin with; there is one in %s", language, strings.Join(Languages, " and in "))
	}
	text, err := files.ReadFile("_skeletons/" + t.Name + end)
	return string(text), err
}
