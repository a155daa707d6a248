package book

import (
	"html/template"
	"slices"

	"socketbench/experiments/course"
	"socketbench/experiments/report/palette"
	"socketbench/experiments/report/sidebyside"
	"socketbench/servers"
)

// design is a page: one server's file, with its essay.
type design struct {
	entry  servers.Entry
	Name   string
	Idea   course.Text
	Kind   course.Text // its family
	Family string      // the name of the family's colour
	Depth  int         // steps from the first design of its branch
	View   sidebyside.View
	Code   template.HTML
	After  *pair   // beside the design it grew from; nil: it begins a branch
	Pairs  []*pair // the others that it is in
	Prev   *design
	Next   *design
}

// pair is a page: two designs side by side.
type pair struct {
	ID   string // poll..epoll
	A, B *design
	View sidebyside.View
	Code template.HTML
	Next []*pair // that begin with the design on the right
}

// readDesigns reads the code of each design, in teaching order. One whose code is not known, such as a command of the
// user's own, is left out.
func (s *site) readDesigns() error {
	sorted, depths := sidebyside.ByTeachingOrder(s.book.Entries)
	for i, e := range sorted {
		view, err := sidebyside.Alone(e, s.book.Facts)
		if err != nil {
			continue
		}
		d := &design{entry: e, Name: e.Name, Idea: told(e.Idea), Kind: told(e.Family), Family: palette.Family(e.Family), Depth: depths[i], View: view, Code: view.Code(codeWords)}
		if n := len(s.designs); n > 0 {
			d.Prev, s.designs[n-1].Next = s.designs[n-1], d
		}
		s.designs = append(s.designs, d)
		s.byName[d.Name] = d
	}
	for _, d := range s.designs {
		if before := s.byName[d.entry.After]; before != nil {
			p, err := s.pair(before.Name, d.Name)
			if err != nil {
				return err
			}
			d.After = p
		}
	}
	return nil
}

// pair returns the page of two designs; nil where the code of one of them is not known.
func (s *site) pair(a, b string) (*pair, error) {
	left, right := s.byName[a], s.byName[b]
	if left == nil || right == nil || left == right {
		return nil, nil
	}
	id := sidebyside.Pair{A: a, B: b}.ID()
	if i := slices.IndexFunc(s.pairs, func(p *pair) bool { return p.ID == id }); i >= 0 {
		return s.pairs[i], nil
	}
	view, err := sidebyside.Compare(left.entry, right.entry, s.book.Facts)
	if err != nil {
		return nil, err
	}
	p := &pair{ID: id, A: left, B: right, View: view, Code: view.Code(codeWords)}
	s.pairs = append(s.pairs, p)
	return p, nil
}

// linkPairs lists, for each design and each pair, the pairs that lead on from it.
func (s *site) linkPairs() {
	for _, p := range s.pairs {
		for _, d := range []*design{p.A, p.B} {
			if d.After != p {
				d.Pairs = append(d.Pairs, p)
			}
		}
		for _, q := range s.pairs {
			if q.A == p.B {
				p.Next = append(p.Next, q)
			}
		}
	}
}

// codeWords write what stands around code in both languages.
var codeWords = sidebyside.Words{
	Heading: func(region string) template.HTML {
		return both(course.Text{English: region, Chinese: told("region " + region).Chinese})
	},
	Phrase: func(english string) template.HTML { return both(told(english)) },
}
