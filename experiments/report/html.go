package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"strings"
	"sync"

	"socketbench/experiments/quote"
	"socketbench/experiments/report/chart"
	"socketbench/experiments/report/lanes"
	"socketbench/experiments/report/palette"
)

var (
	//go:embed *.html.tmpl
	templates embed.FS
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string
)

// parsed holds the templates: the page of a run, that of a comparison, the index of runs, and the parts they share.
var parsed = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("pages").Funcs(template.FuncMap{
		"sign":     func(p prediction) string { s, _ := outcome(p.Word); return s },
		"classes":  classes,
		"draw":     func(d drawable) template.HTML { return template.HTML(d.HTML()) },
		"swatch":   swatch,
		"unbroken": unbroken,
		"width":    func(share float64) template.CSS { return template.CSS(fmt.Sprintf("--f:%.3f", share)) },
		"hue":      func(family string) template.CSS { return template.CSS("--c:var(--" + family + ")") },
	}).ParseFS(templates, "*.html.tmpl"))
})

// classes are the CSS classes of a table cell in its column.
func classes(head column, c tableCell) string {
	list := []string{c.Class}
	if head.Text {
		list = append(list, "text")
	}
	if c.Share >= 0 {
		list = append(list, "share")
	}
	return strings.TrimSpace(strings.Join(list, " "))
}

// frame is what every page has inside its one file: its style and its script.
type frame struct {
	Title  string
	Style  template.CSS
	Script template.JS
}

func newFrame(title, style, script string) frame {
	return frame{title, template.CSS(palette.CSS() + pageStyle + chart.Style + lanes.PageStyle() + style), template.JS(pageScript + script)}
}

// writeHTML writes one file that needs no other file and asks no host for anything.
func writeHTML(w io.Writer, p page, _ Input) error {
	return render(w, "page.html.tmpl", struct {
		page
		frame
	}{p, newFrame(p.Experiment+": "+p.Question, designStyle(p.Designs)+string(p.Code.CSS), string(p.Code.JS))})
}

// render fills in a template and quotes invisible characters: a server's name may hold some that hide the text around
// it, or turn it around.
func render(w io.Writer, name string, data any) error {
	var b strings.Builder
	if err := parsed().ExecuteTemplate(&b, name, data); err != nil {
		return err
	}
	_, err := io.WriteString(w, quote.Lines(b.String()))
	return err
}

// designStyle gives each design its hue and dash. It hides the lines whose box in the legend is not checked, so that
// the legend works without a script.
func designStyle(designs []design) string {
	var b strings.Builder
	for _, d := range designs {
		fmt.Fprintf(&b, ".%s{--c:var(--%s)}", d.Class, d.Family)
		if d.Dash != "" {
			fmt.Fprintf(&b, ".%s .line:not(.least){stroke-dasharray:%s}", d.Class, d.Dash)
		}
		fmt.Fprintf(&b, "body:has(#show-%s:not(:checked)) .series.%s{display:none}\n", d.Class, d.Class)
	}
	return b.String()
}

// option matches a flag of a command with its number.
var option = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`--[a-z]+( \d+)?`) })

// unbroken keeps the options in a sentence on one line. A browser would break them after their hyphens.
func unbroken(s string) template.HTML {
	return template.HTML(option().ReplaceAllString(template.HTMLEscapeString(s), `<span class="nowrap">$0</span>`))
}

// swatch is a piece of a design's line.
func swatch(d design) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg class="chart swatch" width="34" height="12" viewBox="0 0 34 12" aria-hidden="true"><g class="%s">%s</g></svg>`,
		d.Class, chart.Swatch(d.Mark)))
}
