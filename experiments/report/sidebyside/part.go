package sidebyside

import (
	"html"
	"html/template"
)

// Words write what stands around the code: a heading is the name of a region, such as "dispatch", and a phrase is anything
// else, such as "who will serve it" or "measured: 2.00 reads per request".
type Words struct {
	Heading, Phrase func(english string) template.HTML
}

// plainWords are English.
var plainWords = Words{plainWord, plainWord}

func plainWord(english string) template.HTML { return template.HTML(html.EscapeString(english)) }

// Code is the code of a view for a page of the caller's own: what is the same is folded, and in lines that differ the
// differing words are marked. Its place is inside an element of class "sbs", on a page that has Style. Its headings are h4.
func (v View) Code(w Words) template.HTML { return codeHTML(v, w) }

// Style is the CSS of Code.
func Style() template.CSS { return template.CSS(fragmentCSS) }
