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
// pairs, one below the other; the script shows one at a time. CSS applies only to the fragment; JS must run after HTML
// is loaded. A page holds at most one fragment, because links such as #goroutine..pool lead into it.
type Fragment struct {
	HTML template.HTML
	CSS  template.CSS
	JS   template.JS
}

// Pair names two designs: the left one ("": none) and the right one.
type Pair struct{ A, B string }

// ID is the anchor of the pair, such as goroutine..pool.
func (p Pair) ID() string { return p.A + ".." + p.B }

// NewFragment makes the fragment for entries: each beside the one that it grew from, and the pairs that are asked for,
// the first of which is shown first. Entries without known code, such as a user's command, are left out, and so are
// pairs with them. Where no entry has known code, HTML is empty.
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

// WritePage writes one page for entries, with the pairs of NewFragment. It needs no other file and asks no host for
// anything.
func WritePage(w io.Writer, entries []servers.Entry, facts Facts, pairs ...Pair) error {
	f, err := NewFragment(entries, facts, pairs...)
	if err != nil {
		return err
	}
	return pageTemplate().Execute(w, f)
}

// page is the data of the template.
type page struct {
	Start string
	Tree  []*pair // the pairs that begin a branch
	Pairs []*pair // in teaching order: each design beside the one it grew from
	Asked []*pair // the other pairs that were asked for
}

type pair struct {
	ID   string // "goroutine..pool"; "..sequential" for a design that stands alone
	View View
	Head []headRow
	Code template.HTML
	Next []*pair // the pairs that begin with the design on the right
}

// headRow is one paragraph of both essays.
type headRow struct{ A, B *source.Paragraph }

func newPage(designs []*design, asked []Pair) *page {
	p := &page{}
	byName, pairs := map[string]*design{}, map[string]*pair{}
	for _, d := range designs {
		byName[d.side.Name] = d
	}
	there := map[string]bool{}
	for _, d := range designs {
		next := newPair(compare(before(d, byName, asked), d))
		if parent := pairs[next.View.A.Name]; parent != nil {
			parent.Next = append(parent.Next, next)
		} else {
			p.Tree = append(p.Tree, next)
		}
		pairs[d.side.Name] = next
		p.Pairs = append(p.Pairs, next)
		there[next.ID] = true
	}
	p.Start = p.Pairs[min(1, len(p.Pairs)-1)].ID
	for i := len(asked) - 1; i >= 0; i-- { // backwards, so that the page starts with the first
		if p.add(asked[i], byName, there) {
			p.Start = asked[i].ID()
		}
	}
	slices.Reverse(p.Asked)
	return p
}

// before is the design to lay beside d: the one it grew from, or, where that one is not on the page, the one of a pair
// that is asked for. Without either it is empty, and d stands alone.
func before(d *design, byName map[string]*design, asked []Pair) *design {
	if b := byName[d.after]; b != nil {
		return b
	}
	for _, ask := range asked {
		if b := byName[ask.A]; ask.B == d.side.Name && b != nil && b != d {
			return b
		}
	}
	return &design{}
}

// add makes a pair that was asked for, unless it is there already. It reports whether the page has it.
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
	return &pair{ID: Pair{v.A.Name, v.B.Name}.ID(), View: v, Head: headRows(v), Code: codeHTML(v, plainWords)}
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
