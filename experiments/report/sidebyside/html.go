package sidebyside

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"io"
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

// Fragment is a part of an HTML page in which any two of some designs can be laid side by side. HTML has
// headings from h3 on and can be read without the script: every design is then shown beside the one it
// grew from. CSS speaks only of what is inside; JS may run once HTML is there. A page holds one fragment
// at most, since links such as #goroutine..pool lead into it.
type Fragment struct {
	HTML template.HTML
	CSS  template.CSS
	JS   template.JS
}

// NewFragment makes the fragment for entries. Those whose code is not known, such as servers of other
// languages, are left out; where none is known HTML is empty.
func NewFragment(entries []servers.Entry, facts Facts) (Fragment, error) {
	return newFragment(entries, facts, "")
}

// WritePage writes one page for entries that needs no other file and asks no host for anything. start is
// the pair it opens with, such as "goroutine..pool"; "" lets the page choose.
func WritePage(w io.Writer, entries []servers.Entry, facts Facts, start string) error {
	f, err := newFragment(entries, facts, start)
	if err != nil {
		return err
	}
	return pageTemplate().Execute(w, f)
}

func newFragment(entries []servers.Entry, facts Facts, start string) (Fragment, error) {
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
	p := newPage(designs)
	if start != "" {
		p.Start = start
	}
	data, err := json.Marshal(pageData(designs))
	if err != nil {
		return Fragment{}, err
	}
	p.Data = template.JS(data) // Marshal escapes <, > and &
	var b strings.Builder
	if err := fragmentTemplate().Execute(&b, p); err != nil {
		return Fragment{}, err
	}
	return Fragment{template.HTML(b.String()), template.CSS(fragmentCSS), template.JS(fragmentJS)}, nil
}

// page is what the template is given.
type page struct {
	Start  string
	Groups []group // for the chooser: names by family
	Tree   []*pair // those that grew from no other
	Pairs  []*pair // in teaching order: each design beside the one it grew from
	Data   template.JS
}

type group struct {
	Family string
	Names  []string
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

func newPage(designs []*design) *page {
	p := &page{}
	byName, pairs := map[string]*design{}, map[string]*pair{}
	for _, d := range designs {
		p.group(d.side)
		before := byName[d.after] // teaching order: what it grew from is already there
		if before == nil {
			before = &design{}
		}
		v := compare(before, d)
		step := &pair{ID: v.A.Name + ".." + v.B.Name, View: v, Head: headRows(v), Code: codeHTML(v)}
		if parent := pairs[v.A.Name]; parent != nil {
			parent.Next = append(parent.Next, step)
		} else {
			p.Tree = append(p.Tree, step)
		}
		byName[d.side.Name], pairs[d.side.Name] = d, step
		p.Pairs = append(p.Pairs, step)
	}
	p.Start = p.Pairs[min(1, len(p.Pairs)-1)].ID
	return p
}

func (p *page) group(s Side) {
	for i := range p.Groups {
		if p.Groups[i].Family == s.Family {
			p.Groups[i].Names = append(p.Groups[i].Names, s.Name)
			return
		}
	}
	p.Groups = append(p.Groups, group{s.Family, []string{s.Name}})
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
