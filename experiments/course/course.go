// Package course is the table of lessons: what a beginners' course on Python's sockets teaches, in its order, and where each
// lesson can be seen, tried and read here. The documentation, the exercises and the book are made from it, or checked against it.
package course

import (
	_ "embed"
	"fmt"

	"github.com/goccy/go-yaml"
)

//go:embed course.yaml
var file []byte

// Lesson is one row of the course.
type Lesson struct {
	Name     string   `yaml:"name"`     // lower case, with hyphens: an address
	Title    Text     `yaml:"title"`    // what the course calls it
	Question Text     `yaml:"question"` // to be answered before it is seen
	Answer   Text     `yaml:"answer"`   // what is to be learnt, in a few sentences
	Scene    string   `yaml:"scene"`    // that watch plays
	Watch    []string `yaml:"watch"`    // servers that show it, in that order
	Exercise string   `yaml:"exercise"` // that tries it
	Python   string   `yaml:"python"`   // the program of the course
	Go       string   `yaml:"go"`       // the design that works in the same way
	Code     []string `yaml:"code"`     // the pair of designs that differ in just this
	Test     string   `yaml:"test"`     // of package servers, that shows it without a network's whims
	Commands []string `yaml:"commands"` // to type, without the program's name
	Measured []string `yaml:"measured"` // the experiments that measure what it is about
}

// Text is a sentence in the languages of the course.
type Text struct {
	English string `yaml:"en"`
	Chinese string `yaml:"zh"`
}

// Lessons returns the lessons in teaching order.
func Lessons() []Lesson {
	list, err := read(file)
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
	return list
}

func read(text []byte) (list []Lesson, err error) {
	if err := yaml.UnmarshalWithOptions(text, &list, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("course: %w", err)
	}
	return list, nil
}
