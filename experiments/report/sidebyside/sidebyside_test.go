package sidebyside

import (
	"bytes"
	"flag"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/report/source"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// samples are two small designs, so that golden files do not depend on the real ones.
func samples(t *testing.T) []servers.Entry {
	var entries []servers.Entry
	for name, after := range map[string]string{"left": "", "right": "left"} {
		text, err := os.ReadFile(filepath.Join("testdata", name+".go"))
		require.NoError(t, err)
		entries = append(entries, servers.Entry{
			Name: name, Idea: "a sample, the " + name + " one", Family: "samples", After: after, Code: string(text),
		})
	}
	if entries[0].Name == "right" {
		entries[0], entries[1] = entries[1], entries[0]
	}
	return entries
}

var sampleFacts = Facts{
	"left":  {"goroutines_per_connection": "1.0 goroutines per connection", "cpu_per_request": "4.3 µs CPU per request"},
	"right": {"reads_per_request": "1.0 reads per request"},
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, got, 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

func TestTextForms(t *testing.T) {
	s := samples(t)
	v, err := Compare(s[0], s[1], sampleFacts)
	require.NoError(t, err)
	alone, err := Alone(s[0], sampleFacts)
	require.NoError(t, err)
	for file, write := range map[string]func(*bytes.Buffer) error{
		"stacked.txt": func(b *bytes.Buffer) error { return WriteText(b, v, TextOptions{}) },
		"beside.txt":  func(b *bytes.Buffer) error { return WriteText(b, v, TextOptions{Width: BesideWidth}) },
		"colour.txt":  func(b *bytes.Buffer) error { return WriteText(b, v, TextOptions{Color: true}) },
		"full.txt":    func(b *bytes.Buffer) error { return WriteText(b, v, TextOptions{Full: true}) },
		"alone.txt":   func(b *bytes.Buffer) error { return WriteText(b, alone, TextOptions{Width: 300}) },
	} {
		var b bytes.Buffer
		require.NoError(t, write(&b))
		golden(t, file, b.Bytes())
	}
}

// No line is wider than the given width.
func TestWidths(t *testing.T) {
	for _, v := range allViews(t) {
		if v.A.Name > v.B.Name {
			continue // turned around, it has the same lines
		}
		for _, width := range []int{80, BesideWidth, FullWidth + 100} {
			var b bytes.Buffer
			require.NoError(t, WriteText(&b, v, TextOptions{Width: width, Full: true}))
			for _, line := range strings.Split(b.String(), "\n") {
				require.LessOrEqual(t, len([]rune(line)), min(width, FullWidth), "%s %s: %s", v.A.Name, v.B.Name, line)
			}
		}
	}
}

// A view has every line of both designs exactly once, as it is in its file.
func TestNothingIsLostOrInvented(t *testing.T) {
	for _, v := range allViews(t) {
		for side, want := range map[string]source.Source{"A": sourceOf(t, v.A.Name), "B": sourceOf(t, v.B.Name)} {
			var got, lines []string
			for _, s := range v.Sections {
				if s.Name == called {
					continue // code of others
				}
				for _, r := range s.Rows {
					l := r.A
					if side == "B" {
						l = r.B
					}
					if l != nil && l.Number > 0 {
						got = append(got, l.Text())
					}
				}
			}
			for _, r := range want.Regions {
				for _, l := range r.Lines {
					if l.Number > 0 {
						lines = append(lines, l.Text)
					}
				}
			}
			require.Equal(t, lines, got, "%s beside %s", v.A.Name, v.B.Name)
		}
	}
}

func sourceOf(t *testing.T, name string) source.Source {
	e, err := servers.All().Lookup(name)
	require.NoError(t, err)
	src, err := source.Of(e)
	require.NoError(t, err)
	return src
}

// allViews returns every design beside every other.
func allViews(t *testing.T) []View {
	views, err := everyPair()
	require.NoError(t, err)
	require.NotEmpty(t, views)
	return views
}

var everyPair = sync.OnceValues(func() (views []View, err error) {
	all, err := loadAll(servers.All(), nil)
	for _, a := range all {
		for _, b := range all {
			if a != b {
				views = append(views, compare(a, b))
			}
		}
	}
	return views, err
})

func TestFoldsKeepEveryRow(t *testing.T) {
	for _, v := range allViews(t) {
		for _, s := range v.Sections {
			n := 0
			for _, f := range s.Folds() {
				require.NotEmpty(t, f.Rows)
				for _, r := range f.Rows {
					require.False(t, f.Folded && r.Kind != Same, "a difference is folded")
				}
				n += len(f.Rows)
			}
			require.Equal(t, len(s.Rows), n)
		}
	}
}

// A design beside itself has no difference.
func TestTheSameDesignTwice(t *testing.T) {
	s := samples(t)
	v, err := Compare(s[0], s[0], nil)
	require.NoError(t, err)
	require.Zero(t, v.Change)
	require.Equal(t, "no line of code differs", v.Change.String())
	for _, section := range v.Sections {
		for _, f := range section.Folds() {
			require.True(t, f.Folded)
		}
	}
}

// The names that a design declares for itself do not count as a difference. All other names do, also those that follow
// the same pattern.
func TestOwnNames(t *testing.T) {
	own := neutralNames("poll", []string{"Poll", "NewPoll", "Poll.Serve", "pollSet", "errPoll"})
	for text, want := range map[string]string{
		"func NewPoll(cfg Config) Server { return &Poll{cfg} }": "func New_(cfg Config) Server { return &_{cfg} }",
		"var s pollSet // of poller, by poll(2)":                "var s _Set // of poller, by poll(2)",
		"epollConn Polls pollConn errPoll":                      "epollConn Polls pollConn errPoll",
		"l := eventloop.New(reactor.NewPoll, x.Poll)":           "l := eventloop.New(reactor.NewPoll, x.Poll)",
	} {
		require.Equal(t, want, (&Line{own: own}).neutral(text))
	}
}

// Every design differs visibly from the one that it grew from: the view has rows that differ, no folded row hides a
// name that differs, and where lines differ only in whose code they call, that code is open.
func TestEveryStepShowsItsDifference(t *testing.T) {
	steps, opened := 0, map[string]bool{}
	all := append(servers.All(), foreign.Entries()...)
	for _, b := range all {
		i := slices.IndexFunc(all, func(e servers.Entry) bool { return e.Name == b.After })
		if b.After == "" || b.Code != "" && path.Ext(b.File) != ".go" {
			continue // the first design, or a program in another language
		}
		require.GreaterOrEqual(t, i, 0, b.Name)
		steps++
		v, err := Compare(all[i], b, nil)
		require.NoError(t, err)
		require.NotZero(t, v.Change, "%s: no line of code differs", v.Title())
		for _, s := range v.Sections {
			for _, f := range s.Folds() {
				for _, r := range f.Rows {
					if !f.Folded {
						continue
					}
					require.False(t, r.A == nil || r.B == nil, v.Title())
					require.False(t, r.A.Text() != r.B.Text() && bare(r.A, v.A.Name) != bare(r.B, v.B.Name),
						"%s folds a difference away: %q, %q", v.Title(), bare(r.A, v.A.Name), bare(r.B, v.B.Name))
				}
			}
			opened[v.Title()] = opened[v.Title()] || s.Name == called
		}
	}
	require.Greater(t, steps, 20)
	for _, title := range []string{"select to poll", "poll to epoll", "epoll to uring"} {
		require.True(t, opened[title], "%s: the code that is called is closed", title)
	}
}

// bare is the text of a line with "_" in place of the design's type and constructor, but not of a name after a dot.
func bare(l *Line, design string) string {
	own := regexp.MustCompile(`(^|[^.\pL])(New)?(?i:` + design + `)`)
	return own.ReplaceAllString(strings.TrimSpace(l.Text()), "${1}${2}_")
}

// From poll to epoll the waiting call, what each keeps, and the first line that differs are all open.
func TestPollAndEpollShowWhoRemembers(t *testing.T) {
	entries := map[string]servers.Entry{}
	for _, e := range servers.All() {
		entries[e.Name] = e
	}
	v, err := Compare(entries["poll"], entries["epoll"], nil)
	require.NoError(t, err)
	require.Equal(t, Change{2, 2}, v.Change, "the comment of the type, and the call of the constructor")
	var b bytes.Buffer
	require.NoError(t, WriteText(&b, v, TextOptions{}))
	page := string(codeHTML(v, plainWords))
	for _, shown := range []string{"reactor.NewPoll", "reactor.NewEpoll", "unix.Poll(p.set", "unix.EpollWait(p.fd",
		"func NewEpoll() (Poller, error)", "Handed to the kernel: the whole set", "Comes back: the descriptors that are ready",
		"Who remembers: the kernel", "func (p *poll) Forget", "unix.EpollCreate1"} {
		require.Contains(t, b.String(), shown)
		require.Contains(t, untagged.ReplaceAllString(page, ""), shown)
	}
}

// Code that two designs share is not folded where it works differently for them, because one of them asks for it.
func TestSharedCodeThatOnlyOneAsksForIsOpen(t *testing.T) {
	entries := map[string]servers.Entry{}
	for _, e := range servers.All() {
		entries[e.Name] = e
	}
	v, err := Compare(entries["epoll"], entries["epolledge"], nil)
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, WriteText(&b, v, TextOptions{}))
	require.Contains(t, b.String(), "want |= reactor.Writable | reactor.Edge")
	require.Contains(t, untagged.ReplaceAllString(string(codeHTML(v, plainWords)), ""), "if l.Edge {")
}

var untagged = regexp.MustCompile("<[^>]*>")

func TestTeachingOrder(t *testing.T) {
	entries := []servers.Entry{{Name: "b", After: "a"}, {Name: "a"}, {Name: "d", After: "b"}, {Name: "c", After: "a"},
		{Name: "e", After: "gone"}, {Name: "f", After: "f"}}
	sorted, depths := ByTeachingOrder(entries)
	var names []string
	for _, e := range sorted {
		names = append(names, e.Name)
	}
	require.Equal(t, []string{"a", "b", "d", "c", "e", "f"}, names)
	require.Equal(t, []int{0, 1, 2, 1, 0, 0}, depths)
	require.Len(t, first(ByTeachingOrder(servers.All())), len(servers.All()))

	circle, _ := ByTeachingOrder([]servers.Entry{{Name: "a", After: "b"}, {Name: "b", After: "a"}, {Name: "c"}})
	require.Len(t, circle, 3, "designs that come after each other are still there")
}

func first[A, B any](a A, _ B) A { return a }

func TestCodeThatIsNotKnown(t *testing.T) {
	s := samples(t)
	_, err := Compare(s[0], servers.Entry{Name: "elsewhere"}, nil)
	require.EqualError(t, err, `source: the code of "elsewhere" is not known; set Entry.Code, for example by go:embed`)
	_, err = Alone(servers.Entry{Name: "broken", Code: "package"}, nil)
	require.ErrorContains(t, err, "servers/broken.go:1")
}

// A program in another language has no regions, and stands beside a whole design.
func TestAnotherLanguage(t *testing.T) {
	python := servers.Entry{Name: "py", Idea: "in Python", File: "py.py", Code: "import socket\n\nprint('<x>')\n"}
	v, err := Compare(python, samples(t)[0], nil)
	require.NoError(t, err)
	require.Len(t, v.Sections, 1)
	require.Equal(t, 3, v.Change.Removed+1) // the blank line is no line of code
	f, err := NewFragment([]servers.Entry{python, samples(t)[0]}, nil)
	require.NoError(t, err)
	require.Contains(t, string(f.HTML), "&#39;&lt;x&gt;&#39;")
}

// A design whose predecessor is not on the page stands beside the design that it is compared with, and not alone as well.
func TestNoDesignStandsAloneThatIsCompared(t *testing.T) {
	var entries []servers.Entry
	for _, name := range []string{"sequential", "goroutine", "epoll"} { // epoll grew from poll
		e, err := servers.All().Lookup(name)
		require.NoError(t, err)
		entries = append(entries, e)
	}
	designs, err := loadAll(entries, nil)
	require.NoError(t, err)
	p := newPage(designs, []Pair{{"goroutine", "epoll"}})
	var ids []string
	for _, pair := range p.Pairs {
		ids = append(ids, pair.ID)
	}
	require.Equal(t, []string{"..sequential", "sequential..goroutine", "goroutine..epoll"}, ids)
	require.Empty(t, p.Asked)
	require.Equal(t, "goroutine..epoll", p.Start)
	require.Len(t, p.Tree, 1)
}
