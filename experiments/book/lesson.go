package book

import (
	"html/template"
	"strings"
	"time"

	"socketbench/experiments/course"
	"socketbench/experiments/exercise"
	"socketbench/experiments/watch"
)

// lesson is a page of the course.
type lesson struct {
	course.Lesson
	Number     int
	Prev, Next *lesson

	Unplayed  course.Text   // why the scene was not played
	Shows     course.Text   // the question of the scene
	Told      course.Text   // what the scene tells its servers
	Picture   template.HTML // of the whole play
	Milli     int64         // how long the scene lasts
	Asked     *asked        // before it plays
	Steps     []step        // what happens, in order
	Sentences []course.Text // what was seen, one a server

	Design   *design // whose essay is read
	Pair     *pair   // that differs in just this
	Beside   *pair   // the program in Python beside the design in Go
	Task     *task
	Measured []finding
	Also     []*design // designs of the lesson, of which a run measured something

	show *show
}

// task is an exercise with the programs to begin with.
type task struct {
	exercise.Task
	Does, Asks course.Text // the task and its hint
	Programs   []program
}

type program struct{ Language, Text string }

// complete adds to a lesson what its page shows.
func (s *site) complete(l *lesson) (err error) {
	if l.Number > 1 {
		l.Prev = s.lessons[l.Number-2]
	}
	if l.Number < len(s.lessons) {
		l.Next = s.lessons[l.Number]
	}
	l.Design = s.byName[l.Go]
	if len(l.Code) == 2 {
		if l.Pair, err = s.pair(l.Code[0], l.Code[1]); err != nil {
			return err
		}
	}
	if l.Beside, err = s.pair(l.Python, l.Go); err != nil {
		return err
	}
	if l.Exercise != "" {
		if l.Task, err = newTask(l.Exercise); err != nil {
			return err
		}
	}
	for _, name := range l.Lesson.Measured {
		list, err := findingsOf(name)
		if err != nil {
			return err
		}
		l.Measured = append(l.Measured, list...)
	}
	for _, name := range append([]string{l.Go}, l.Code...) {
		if d := s.byName[name]; d != nil && len(d.View.A.Facts) > 0 {
			l.Also = append(l.Also, d)
		}
	}
	switch {
	case l.show == nil:
	case l.show.err != nil:
		l.Unplayed = told(l.show.err.Error())
	default:
		l.stage(l.show.scene, l.show.seen)
		l.Asked = s.ask(l.show.scene, l.show.seen)
	}
	return nil
}

func newTask(name string) (*task, error) {
	t, err := exercise.Find(name)
	if err != nil {
		return nil, err
	}
	whole := &task{Task: t, Does: told(t.Task), Asks: told(t.Hint)}
	for _, language := range exercise.Languages {
		text, err := t.Skeleton(language)
		if err != nil {
			return nil, err
		}
		whole.Programs = append(whole.Programs, program{language, text})
	}
	return whole, nil
}

// stage makes the player of a scene from what was seen.
func (l *lesson) stage(scene watch.Scene, seen []watch.Performance) {
	l.Shows, l.Told, l.Milli = told(scene.Question), told(scene.Config.String()), scene.Lasts.Milliseconds()
	var sentences []string
	for _, perf := range seen {
		sentences = append(sentences, watch.Sentence(scene, perf))
		l.Sentences = append(l.Sentences, told(sentences[len(sentences)-1]))
	}
	picture := watch.Draw(scene, seen, scene.Lasts+time.Second) // with who waited in vain
	picture.About = strings.Join(sentences, ". ")               // for readers who cannot see it
	picture.Chinese = func(english string) string { return told(english).Chinese }
	l.Picture = template.HTML(picture.HTML())
	l.Steps = steps(scene, seen)
}
