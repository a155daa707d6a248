// Package book writes the course as one folder of pages that need no server and no network: a page for each lesson and
// each design, pairs of designs side by side, Python's socket calls beside Go's, and a glossary. A page has a scene as a
// picture that plays, its question before its answer, in English and in Chinese.
package book

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"socketbench/experiments/course"
	"socketbench/experiments/report/sidebyside"
	"socketbench/experiments/scenes"
	"socketbench/experiments/watch"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

// Book is what a book is made from.
type Book struct {
	Entries []servers.Entry  // the designs that it shows, in the registry's order
	Facts   sidebyside.Facts // what a run measured of them; nil: nothing
	Run     string           // the name of that run; "": none

	// Play plays a scene to servers and returns what was seen of each. It may be called by several goroutines at once.
	Play func(ctx context.Context, scene string, servers []string) ([]watch.Performance, error)
}

// site is everything that the pages are made from.
type site struct {
	book    Book
	words   map[string]course.Text
	lessons []*lesson
	designs []*design
	pairs   []*pair
	byName  map[string]*design
}

// gather plays the scenes, all at once, and reads the designs.
func (b Book) gather(ctx context.Context) (*site, error) {
	s := &site{book: b, words: words(), byName: map[string]*design{}}
	if err := s.readDesigns(); err != nil {
		return nil, err
	}
	for i, l := range course.Lessons() {
		s.lessons = append(s.lessons, &lesson{Lesson: l, Number: i + 1})
	}
	if err := s.play(ctx); err != nil {
		return nil, err
	}
	for _, l := range s.lessons {
		if err := s.complete(l); err != nil {
			return nil, fmt.Errorf("book: lesson %s: %w", l.Name, err)
		}
	}
	s.linkPairs()
	return s, nil
}

// show is a scene with its servers. Several lessons may share one, which is then played once.
type show struct {
	scene   watch.Scene
	servers []string
	seen    []watch.Performance
	err     error
}

// play plays the scenes of the lessons. One that cannot be played, such as where no Python is installed, has the reason
// in its place. They take seconds and hardly any CPU, so all are played at the same time; one in
// which something else was seen than it is there to show is played once more, by itself.
func (s *site) play(ctx context.Context) error {
	var shows []*show
	for _, l := range s.lessons {
		if l.Scene == "" {
			continue
		}
		scene, err := scenes.Get(l.Scene)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(shows, func(o *show) bool { return o.scene.Name == l.Scene && slices.Equal(o.servers, l.Watch) })
		if i < 0 {
			i, shows = len(shows), append(shows, &show{scene: scene, servers: l.Watch})
		}
		l.show = shows[i]
	}
	var all sync.WaitGroup
	for _, o := range shows {
		all.Go(func() { o.seen, o.err = s.book.Play(ctx, o.scene.Name, o.servers) })
	}
	all.Wait()
	for _, o := range shows {
		if o.err == nil && !s.asExpected(o) {
			o.seen, o.err = s.book.Play(ctx, o.scene.Name, o.servers)
		}
	}
	return ctx.Err()
}

// asExpected reports whether a play shows of each server what its scene says must be seen. A server that is kept for its
// known faults may show anything.
func (s *site) asExpected(o *show) bool {
	for _, perf := range o.seen {
		d := s.byName[perf.Server]
		if perf.Unplayed != "" || d == nil || len(foreign.Faults(perf.Server)) > 0 {
			continue
		}
		if seen, ok := o.scene.Expect(d.entry.Traits); ok && len(o.scene.Check(seen, perf)) > 0 {
			return false
		}
	}
	return true
}
