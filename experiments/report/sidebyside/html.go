package sidebyside

import (
	_ "embed"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"

	"socketbench/experiments/report/source"
	"socketbench/servers"
)

var (
	//go:embed fragment.tmpl
	fragmentText string
	//go:embed page.tmpl
	pageText string
	//go:embed fragment.css
	fragmentCSS string
	//go:embed fragment.js
	fragmentJS string
)

var (
	fragmentTemplate = sync.OnceValue(func() *template.Template {
		return template.Must(template.New("fragment").Parse(fragmentText))
	})
	pageTemplate = sync.OnceValue(func() *template.Template {
		return template.Must(template.New("page").Parse(pageText))
	})
)

// Fragment is a part of an HTML page with pairs of designs side by side. HTML has headings from h3 on and shows all
// pairs, one below the other; the script shows one at a time. CSS speaks only of what is inside; JS may run once
// HTML is there. A page holds one fragment at most, since links such as #goroutine..pool lead into it.
type Fragment struct {
	HTML template.HTML
	CSS  template.CSS
	JS   template.JS
}

// Pair names two designs: the left one, "" for none, and the right one.
type Pair struct{ A, B string }

// ID is the pair as links name it, such as goroutine..pool.
func (p Pair) ID() string { return p.A + ".." + p.B }

// NewFragment makes the fragment for entries: each beside the one that it grew from, and the pairs that are asked
// for, the first of which is shown first. Entries whose code is not known, such as commands of a user's, are left
// out, and so are pairs with them; where none is known HTML is empty.
func NewFragment(entries []servers.Entry, facts Facts, pairs ...Pair) (Fragment, error) {
	var known []servers.Entry
	for _, e := range entries {
		if _, err := source.FileText("servers/" + e.Name + ".go"); err == nil || e.Code != "" {
			known = append(known, e)
		}
	}
	if len(known) == 0 {
		return Fragment{}, nil
	}
	sorted, _ := ByTeachingOrder(known)
	designs, err := loadAll(sorted, facts)
	if err != nil {
		return Fragment{}, err
	}
	p := newPage(designs, pairs)
	var b strings.Builder
	if err := fragmentTemplate().Execute(&b, p); err != nil {
		return Fragment{}, err
	}
	return Fragment{template.HTML(b.String()), template.CSS(fragmentCSS), template.JS(fragmentJS)}, nil
}

// WritePage writes one page for entries that needs no other file and asks no host for anything, with the pairs of
// NewFragment.
func WritePage(w io.Writer, entries []servers.Entry, facts Facts, pairs ...Pair) error {
	f, err := NewFragment(entries, facts, pairs...)
	if err != nil {
		return err
	}
	return pageTemplate().Execute(w, f)
}

// page is what the template is given.
type page struct {
	Start string
	Tree  []*pair // those that grew from no other
	Steps []*pair // in teaching order: each design beside the one it grew from
	Asked []*pair // the other pairs that were asked for
}

type pair struct {
	ID   string // "goroutine..pool"; "..sequential" where nothing came before
	View View
	Head []headRow
	Code template.HTML
	Next []*pair // the steps that begin where this one ends
}

// headRow is one paragraph of both essays.
type headRow struct{ A, B *source.Paragraph }

func newPage(designs []*design, asked []Pair) *page {
	p := &page{}
	byName, steps := map[string]*design{}, map[string]*pair{}
	there := map[string]bool{}
	for _, d := range designs {
		before := byName[d.after] // teaching order: what it grew from is already there
		if before == nil {
			before = &design{}
		}
		v := compare(before, d)
		step := newPair(v)
		if parent := steps[v.A.Name]; parent != nil {
			parent.Next = append(parent.Next, step)
		} else {
			p.Tree = append(p.Tree, step)
		}
		byName[d.side.Name], steps[d.side.Name] = d, step
		p.Steps = append(p.Steps, step)
		there[step.ID] = true
	}
	p.Start = p.Steps[min(1, len(p.Steps)-1)].ID
	for i := len(asked) - 1; i >= 0; i-- { // so that the first is the last to say where to start
		if p.add(asked[i], byName, there) {
			p.Start = asked[i].ID()
		}
	}
	slices.Reverse(p.Asked)
	return p
}

// add makes a pair that was asked for and is not there yet, and reports whether the page has it.
func (p *page) add(ask Pair, byName map[string]*design, there map[string]bool) bool {
	b := byName[ask.B]
	a := byName[ask.A]
	if ask.A == "" {
		a = &design{}
	}
	if a == nil || b == nil || a == b {
		return false
	}
	if !there[ask.ID()] {
		there[ask.ID()] = true
		p.Asked = append(p.Asked, newPair(compare(a, b)))
	}
	return true
}

func newPair(v View) *pair {
	return &pair{ID: Pair{v.A.Name, v.B.Name}.ID(), View: v, Head: headRows(v), Code: codeHTML(v)}
}

func headRows(v View) []headRow {
	rows := make([]headRow, max(len(v.A.Essay), len(v.B.Essay)))
	for i := range rows {
		if i < len(v.A.Essay) {
			rows[i].A = &v.A.Essay[i]
		}
		if i < len(v.B.Essay) {
			rows[i].B = &v.B.Essay[i]
		}
	}
	return rows
}
