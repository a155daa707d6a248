// Package guess asks what a scene will show before it is played, and marks the guesses by what was seen. A reader says of
// each client whether it is answered and about when, with one key; a class votes with as many keys as there are hands.
package guess

import (
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/watch"
)

// Choices is how many answers a question has at most. The keys are 1 to Choices.
const Choices = 3

// Answer is the key of a choice, 1 to Choices; 0 is none.
type Answer int

// Votes counts how often each choice was taken. The guess of one person is one vote.
type Votes [Choices]int

// All is the number of votes.
func (v Votes) All() (n int) {
	for _, one := range v {
		n += one
	}
	return n
}

// Choice is an answer in words.
type Choice struct {
	Word  string // "at once"
	Means string // what must have been seen for it to be right
}

// Kind is what is asked of every client of a scene.
type Kind struct {
	Asks    string // "Is it answered, and when?"
	Choices [Choices]Choice
	truth   func(s watch.Scene, perf watch.Performance, client int) Truth
}

// The answers to When.
const (
	AtOnce Answer = 1 + iota
	Late
	Never
)

// When asks whether a client is answered, and about when. The measure is the client itself alone with the server.
var When = Kind{
	Asks: "Is it answered, and when?",
	Choices: [Choices]Choice{
		{"at once", "about when it would be answered if it were the only client"},
		{"late", "it is answered, but at least 0.15 s after that"},
		{"never", "not all that it waits for comes before the scene ends"},
	},
	truth: when,
}

// The answers to Reads.
const (
	Fewer Answer = 1 + iota
	AsMany
	More
)

// Reads asks what the server makes of a client's sends. It is asked where a scene states something about reads.
var Reads = Kind{
	Asks: "How many reads do its sends become?",
	Choices: [Choices]Choice{
		{"fewer", "fewer reads than sends; with a framing, fewer messages"},
		{"as many", "one for each send"},
		{"more", "more reads than sends; with a framing, more messages"},
	},
	truth: reads,
}

// Of is what is asked of a scene.
func Of(s watch.Scene) Kind {
	if s.AboutReads() {
		return Reads
	}
	return When
}

// Waits reports whether a client waits for anything: nothing is asked of the others.
func Waits(c watch.Client) bool {
	return slices.ContainsFunc(c.Steps, func(s watch.Step) bool { return s.Do == "read" })
}

// Line is one question: how one client fares at one server, or what becomes of one prediction.
type Line struct {
	Server  int      `json:"performance"` // its index
	Client  int      `json:"client"`      // index into Scene.Clients
	At      string   `json:"at"`          // the server; "" of a prediction
	Name    string   `json:"name"`        // of the client, or the whole question
	Asks    string   `json:"asks"`
	Choices []Choice `json:"-"` // two or three
}

// About is what a line is about: "ann at goroutine".
func (l Line) About() string {
	if l.At == "" {
		return l.Name
	}
	return l.Name + " at " + l.At
}

// Word is a choice with its key: "2 late".
func (l Line) Word(a Answer) string { return fmt.Sprintf("%d %s", a, l.Choices[a-1].Word) }

// Keys lists the choices: "1 at once, 2 late, 3 never".
func (l Line) Keys() string {
	words := make([]string, len(l.Choices))
	for i := range words {
		words[i] = l.Word(Answer(i + 1))
	}
	return strings.Join(words, ", ")
}

// Takes reports whether all votes are for choices that the line has.
func (l Line) Takes(v Votes) bool {
	for _, n := range v[len(l.Choices):] {
		if n > 0 {
			return false
		}
	}
	return true
}

// Lines lists the questions of a scene, server by server.
func Lines(s watch.Scene, seen []watch.Performance) (lines []Line) {
	kind := Of(s)
	for i, perf := range seen {
		if perf.Unplayed != "" {
			continue
		}
		for k, c := range s.Clients {
			if Waits(c) {
				lines = append(lines, Line{Server: i, Client: k, At: watch.Title(perf), Name: c.Name, Asks: kind.Asks, Choices: kind.Choices[:]})
			}
		}
	}
	return lines
}
