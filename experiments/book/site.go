package book

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"

	"socketbench/experiments/course"
	"socketbench/experiments/report/lanes"
	"socketbench/experiments/report/palette"
	"socketbench/experiments/report/sidebyside"
)

var (
	//go:embed pages/*.tmpl
	pages embed.FS
	//go:embed words.yaml
	wordsText []byte
	//go:embed glossary.yaml
	glossaryText []byte
	//go:embed book.css
	style string
	//go:embed book.js
	script []byte
)

// words are the headings and buttons of the pages, by the name that the templates use.
func words() (list map[string]course.Text) {
	must(yaml.UnmarshalWithOptions(wordsText, &list, yaml.Strict()))
	return list
}

// term is an entry of the glossary.
type term struct {
	ID    string      `yaml:"id"`
	Term  course.Text `yaml:"term"`
	Means course.Text `yaml:"means"`
}

func glossary() (list []term) {
	must(yaml.UnmarshalWithOptions(glossaryText, &list, yaml.Strict()))
	return list
}

func must(err error) {
	if err != nil {
		panic(err) // the file is part of the program, and a test reads it
	}
}

// leaf is what every page is given.
type leaf struct {
	Root  string      // from the page to the first one: "" or "../"
	Title course.Text // of the window
	Here  string      // the part of the book: lessons, designs, calls or glossary
	Body  any
}

// write writes all files into dir, which it makes.
func (s *site) write(dir string) error {
	for _, folder := range []string{"lessons", "designs", "pairs"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return fmt.Errorf("book: %w", err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		return fmt.Errorf("book: %w", err)
	}
	files, err := s.files()
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), text, 0o644); err != nil {
			return fmt.Errorf("book: %w", err)
		}
	}
	return nil
}

// files renders the book: the text of each file, by its path with slashes.
func (s *site) files() (map[string][]byte, error) {
	tables, err := calls()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{
		Marker:     []byte("This folder is a book that socketbench has written: open index.html. It may be replaced by a newer one.\n"),
		"book.css": []byte(palette.CSS() + lanes.PageStyle() + string(sidebyside.Style()) + style),
		"book.js":  script,
	}
	templates, err := s.templates()
	if err != nil {
		return nil, err
	}
	same := func(name string) course.Text { return course.Text{English: name, Chinese: name} }
	add := func(file, page, here string, title course.Text, body any) {
		if err != nil {
			return
		}
		var b bytes.Buffer
		err = templates[page].ExecuteTemplate(&b, "page", leaf{strings.Repeat("../", strings.Count(file, "/")), title, here, body})
		files[file] = b.Bytes()
	}
	index := struct {
		Lessons []*lesson
		Designs []*design
		Run     string
	}{s.lessons, s.designs, s.book.Run}
	add("index.html", "index", "", s.words["course"], index)
	add("calls.html", "calls", "calls", s.words["calls"], tables)
	add("glossary.html", "glossary", "glossary", s.words["glossary"], glossary())
	for _, l := range s.lessons {
		add("lessons/"+l.Name+".html", "lesson", "lessons", l.Title, l)
	}
	for _, d := range s.designs {
		add("designs/"+d.Name+".html", "design", "designs", same(d.Name), d)
	}
	for _, p := range s.pairs {
		add("pairs/"+p.ID+".html", "pair", "designs", same(p.View.Title()), p)
	}
	if err != nil {
		return nil, fmt.Errorf("book: %w", err)
	}
	return files, nil
}

// templates returns the template of each kind of page.
func (s *site) templates() (map[string]*template.Template, error) {
	base, err := template.New("").Funcs(template.FuncMap{"word": s.word, "both": both, "told": toldWhole}).ParseFS(pages, "pages/layout.tmpl")
	if err != nil {
		return nil, err
	}
	all := map[string]*template.Template{}
	for _, name := range []string{"index", "lesson", "design", "pair", "calls", "glossary"} {
		t, err := base.Clone()
		if err == nil {
			t, err = t.ParseFS(pages, "pages/"+name+".tmpl")
		}
		if err != nil {
			return nil, err
		}
		all[name] = t
	}
	return all, nil
}

// word is a heading or a button in both languages.
func (s *site) word(name string) (template.HTML, error) {
	text, ok := s.words[name]
	if !ok {
		return "", fmt.Errorf("no word %q in words.yaml", name)
	}
	return both(text), nil
}

// both writes a text in both languages; the page shows one of them.
func both(t course.Text) template.HTML {
	if t.English == t.Chinese {
		return template.HTML(template.HTMLEscapeString(t.English))
	}
	return template.HTML(`<span lang="en">` + template.HTMLEscapeString(t.English) + `</span><span lang="zh-Hans">` +
		template.HTMLEscapeString(t.Chinese) + `</span>`)
}
