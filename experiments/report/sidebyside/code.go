package sidebyside

import (
	"fmt"
	"html"
	"html/template"
	"strings"

	"socketbench/experiments/unit"
)

// codeHTML writes the code of a view, region by region. A line is a <code> with its number. Its class
// says whose it is (a, b), which is its column, and how it compares with the other side (s same, c changed,
// o other). Rows that differ stand in a grid of their own (d), so that a narrow page can show first all of
// one side and then all of the other.
func codeHTML(v View, w Words) template.HTML {
	var b strings.Builder
	for _, s := range v.Sections {
		fmt.Fprintf(&b, "<section class=\"region\"><h4>%s <small>%s</small></h4>", w.Heading(s.Name), w.Phrase(s.Title))
		notesHTML(&b, s, v, w)
		for _, f := range s.Folds() {
			if f.Folded {
				fmt.Fprintf(&b, "<details><summary>%s</summary><div class=\"one\">", w.Phrase(unit.Many(len(f.Rows), "line")+" the same"))
				for _, r := range f.Rows {
					lineHTML(&b, r.B, "b s")
				}
				b.WriteString("</div></details>")
				continue
			}
			gridsHTML(&b, f.Rows)
		}
		b.WriteString("</section>\n")
	}
	return template.HTML(b.String())
}

// gridsHTML writes rows in runs that are the same or not.
func gridsHTML(b *strings.Builder, rows []Row) {
	for i := 0; i < len(rows); {
		j := i
		for j < len(rows) && (rows[j].Kind == Same) == (rows[i].Kind == Same) {
			j++
		}
		class := [...]string{Same: "s", Changed: "c", Other: "o"}
		if rows[i].Kind == Same {
			b.WriteString(`<div class="rows">`)
		} else {
			b.WriteString(`<div class="rows d">`)
		}
		for _, r := range rows[i:j] {
			lineHTML(b, r.A, "a "+class[r.Kind])
			lineHTML(b, r.B, "b "+class[r.Kind])
		}
		b.WriteString("</div>")
		i = j
	}
}

func lineHTML(b *strings.Builder, l *Line, class string) {
	if l == nil {
		return
	}
	number := ""
	if l.Number > 0 {
		number = fmt.Sprintf(` data-n="%d"`, l.Number)
	}
	fmt.Fprintf(b, "<code class=\"%s\"%s>%s</code>\n", class, number, spansHTML(l.Spans))
}

func spansHTML(spans []Span) string {
	var b strings.Builder
	for i, s := range spans {
		if s.Marked && (i == 0 || !spans[i-1].Marked) {
			b.WriteString("<mark>")
		}
		text := html.EscapeString(s.Text)
		if s.Class == Plain {
			b.WriteString(text)
		} else {
			fmt.Fprintf(&b, `<i class="%s">%s</i>`, s.Class, text)
		}
		if s.Marked && (i+1 == len(spans) || !spans[i+1].Marked) {
			b.WriteString("</mark>")
		}
	}
	return b.String()
}

// notesHTML writes where the code of a region is and what was measured of it.
func notesHTML(b *strings.Builder, s Section, v View, w Words) {
	left, right := sectionNotes(s.FileA, s.NoneA, s.FactsA), sectionNotes(s.FileB, s.NoneB, s.FactsB)
	if len(left)+len(right) == 0 {
		return
	}
	b.WriteString(`<div class="rows notes">`)
	for _, side := range []struct {
		class, name string
		notes       []string
	}{{"a", v.A.Name, left}, {"b", v.B.Name, right}} {
		fmt.Fprintf(b, `<p class="%s" data-who="%s">`, side.class, html.EscapeString(side.name))
		for i, note := range side.notes {
			if i > 0 {
				b.WriteString("<br>")
			}
			b.WriteString(string(w.Phrase(note)))
		}
		b.WriteString("</p>")
	}
	b.WriteString("</div>")
}
