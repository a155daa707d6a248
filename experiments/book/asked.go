package book

import (
	"fmt"

	"socketbench/experiments/book/chinese"
	"socketbench/experiments/course"
	"socketbench/experiments/guess"
	"socketbench/experiments/watch"
)

// asked is what a reader is asked before a scene plays, and the answers, which the page shows when it is over.
type asked struct {
	Asks    course.Text
	Choices []choice
	Designs []decider // the columns
	Clients []row
}

type choice struct {
	Key   guess.Answer
	Word  course.Text
	Means course.Text
}

// decider is a design, and what in it decides how its clients fare.
type decider struct {
	Title   course.Text
	Because course.Text
}

// row is a client, and a guess for each design; none where it waits for nothing, so that nothing is asked of it.
type row struct {
	Client  string
	Does    course.Text
	Guesses []one
}

// one is a guess: how one client fares at one design.
type one struct {
	ID    string // unique in the page
	About course.Text
	At    course.Text
	Truth guess.Answer // 0: it cannot be told
	Word  course.Text  // the right answer; "" if it cannot be told
	Why   course.Text  // what was seen
}

// ask makes the questions of a scene, and marks them by what was seen. It returns nil where nothing can be asked.
func (s *site) ask(scene watch.Scene, seen []watch.Performance) *asked {
	kind := guess.Of(scene)
	lines := guess.Lines(scene, seen)
	if len(lines) == 0 {
		return nil
	}
	a := &asked{Asks: told(kind.Asks)}
	for i, c := range kind.Choices {
		a.Choices = append(a.Choices, choice{guess.Answer(i + 1), told(c.Word), told(c.Means)})
	}
	for i, client := range scene.Clients {
		r := row{Client: client.Name, Does: told(guess.Part(client))}
		for k, m := range kind.Mark(scene, seen, lines, make([]guess.Votes, len(lines))) {
			if m.Client != i {
				continue
			}
			at := told(m.At)
			g := one{ID: fmt.Sprintf("guess-%d", k), At: at, Truth: m.Truth.Answer, Why: told(m.Truth.Why), About: course.Text{
				English: m.About(), Chinese: m.Name + "，" + at.Chinese}}
			if g.Truth != 0 {
				g.Word = a.Choices[g.Truth-1].Word
			}
			r.Guesses = append(r.Guesses, g)
		}
		a.Clients = append(a.Clients, r)
	}
	for _, perf := range seen {
		if perf.Unplayed != "" {
			continue
		}
		d := decider{Title: told(watch.Title(perf))}
		if known := s.byName[perf.Server]; known != nil {
			d.Because = told(guess.Why(scene, perf, known.entry.Traits))
		}
		a.Designs = append(a.Designs, d)
	}
	return a
}

// toldWhole is a text in both languages; in English alone where a part of it has no Chinese, as code has none.
func toldWhole(english string) course.Text {
	text, ok := chinese.Of(english)
	if !ok {
		text = english
	}
	return course.Text{English: english, Chinese: text}
}

// told is a text of a play in both languages.
func told(english string) course.Text {
	text, _ := chinese.Of(english)
	return course.Text{English: english, Chinese: text}
}
