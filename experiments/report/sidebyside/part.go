package sidebyside

import "html/template"

// Code is the code of a view for a page of the caller's own: what is the same is folded, and in lines that differ the
// differing words are marked. Its place is inside an element of class "sbs", on a page that has Style. Its headings are h4.
func (v View) Code() template.HTML { return codeHTML(v) }

// Style is the CSS of Code.
func Style() template.CSS { return template.CSS(fragmentCSS) }
