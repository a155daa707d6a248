package lanes

import (
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"socketbench/experiments/report/wrap"
)

var update = flag.Bool("update", false, "write the golden files anew")

const ms = time.Millisecond

// silent is a silent client in front of two others, at a server that serves one client at a time and at one that
// serves all.
var silent = Picture{
	Title: "A silent client in front",
	About: "Behind the silent client of sequential nobody is answered; goroutine answers both.",
	To:    1000 * ms,
	Panels: []Panel{
		{Title: "sequential", Note: "one connection at a time", Lanes: []Lane{
			{Name: "silent", Spans: []Span{{Kind: Connecting, To: 20 * ms}, {Kind: Silent, From: 20 * ms, Open: true}}, End: "said nothing"},
			{Name: "second", Spans: []Span{{Kind: Connecting, From: 200 * ms, To: 220 * ms}, {Kind: Backlog, From: 220 * ms, Open: true}},
				Marks: []Mark{{Event: Sent, At: 300 * ms, Label: "hello"}, {Event: Unread, At: 900 * ms, Label: "5 bytes unread"}}, End: "never answered", Bad: true},
			{Name: "third", Marks: []Mark{{Event: Refused, At: 400 * ms}}, End: "refused", Bad: true},
		}},
		{Title: "goroutine", Note: "a goroutine each", Lanes: []Lane{
			{Name: "silent", Spans: []Span{{Kind: Connecting, To: 20 * ms}, {Kind: Silent, From: 20 * ms, Open: true}}, End: "said nothing"},
			{Name: "second", Spans: []Span{{Kind: Silent, From: 200 * ms, To: 300 * ms}, {Kind: Waiting, From: 300 * ms, To: 500 * ms, Label: "hello"},
				{Kind: Serving, From: 500 * ms, To: 501 * ms}, {Kind: Silent, From: 501 * ms, To: 800 * ms}},
				Marks: []Mark{{Event: HalfClosed, At: 600 * ms}, {Event: Closed, At: 800 * ms}}, End: "answered"},
			{Name: "third", Spans: []Span{{Kind: Waiting, From: 400 * ms, To: 600 * ms}}, Marks: []Mark{{Event: Answered, At: 600 * ms}, {Event: Reset, At: 950 * ms}}, End: "reset"},
		}},
	},
}

func golden(t *testing.T, name, got string) {
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "go test ./experiments/report/lanes -update writes it anew")
}

func TestText(t *testing.T) {
	golden(t, "silent.txt", silent.Text(80, nil))
	golden(t, "narrow.txt", silent.Text(40, nil))
}

// Two servers whose long names differ in the last letter stay two, beside one another too.
func TestLongTitlesStayApart(t *testing.T) {
	p := silent
	p.Panels = []Panel{p.Panels[0], p.Panels[1]}
	p.Panels[0].Title, p.Panels[1].Title = strings.Repeat("a", 150)+"1", strings.Repeat("a", 150)+"2"
	for _, drawn := range []string{p.Text(60, nil), p.SVG(2)} {
		require.Contains(t, drawn, "…aaaa")
		require.Contains(t, drawn, "a1")
		require.Contains(t, drawn, "a2")
	}
}

func TestSVG(t *testing.T) {
	golden(t, "silent.svg", silent.SVG(2))
	golden(t, "silent.html", silent.HTML())
}

func TestPaintSeesEveryClass(t *testing.T) {
	seen := map[string]bool{}
	painted := silent.Text(100, func(class, s string) string { seen[class] = true; return "<" + s + ">" })
	for _, class := range []string{"title", "soft", "bad", "lane-wait", "lane-serve", "lane-backlog", "mark-refused", "mark-reset"} {
		require.True(t, seen[class], class)
	}
	plain := strings.NewReplacer("<", "", ">", "").Replace(silent.Text(100, nil))
	require.Equal(t, plain, strings.NewReplacer("<", "", ">", "").Replace(painted))
}

// A heading that is too long for one line has several, and the panels move down.
func TestALongHeadingIsWrapped(t *testing.T) {
	p := silent
	p.About = strings.Repeat("word ", 60)
	drawn := p.SVG(2)
	require.Equal(t, 3, strings.Count(drawn, `class="heading"`))
	require.Equal(t, 60, strings.Count(drawn[strings.Index(drawn, "</style>"):], "word"))
	require.Contains(t, drawn, `<g transform="translate(16 86)">`, "two lines of 20 pixels below its usual place")
	p.About = strings.Repeat("场景", 90) // without blanks
	require.Equal(t, 4, strings.Count(p.SVG(2), `class="heading"`))
}

// For any picture, the text keeps its width, and the SVG and the HTML are well formed.
func TestAnyPicture(t *testing.T) {
	at := rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.Int64Range(-2e9, 4e9).Draw(t, "ns"))
	})
	text := rapid.StringMatching(`[a-z你好<&" ]{0,30}`)
	picture := rapid.Custom(func(t *rapid.T) Picture {
		p := Picture{Title: text.Draw(t, "title"), About: text.Draw(t, "about"), From: 0, To: time.Duration(rapid.Int64Range(1, 3e9).Draw(t, "to"))}
		for range rapid.IntRange(0, 3).Draw(t, "panels") {
			panel := Panel{Title: text.Draw(t, "panel"), Note: text.Draw(t, "note")}
			for range rapid.IntRange(0, 4).Draw(t, "lanes") {
				l := Lane{Name: text.Draw(t, "name"), End: text.Draw(t, "end"), Bad: rapid.Bool().Draw(t, "bad")}
				for range rapid.IntRange(0, 4).Draw(t, "spans") {
					l.Spans = append(l.Spans, Span{Kind: Kind(rapid.IntRange(0, 4).Draw(t, "kind")), From: at.Draw(t, "from"),
						To: at.Draw(t, "till"), Open: rapid.Bool().Draw(t, "open"), Label: text.Draw(t, "label")})
				}
				for range rapid.IntRange(0, 4).Draw(t, "marks") {
					l.Marks = append(l.Marks, Mark{Event: Event(rapid.IntRange(0, len(Events)-1).Draw(t, "event")), At: at.Draw(t, "at")})
				}
				panel.Lanes = append(panel.Lanes, l)
			}
			p.Panels = append(p.Panels, panel)
		}
		return p
	})
	rapid.Check(t, func(t *rapid.T) {
		p := picture.Draw(t, "picture")
		width := rapid.IntRange(40, 200).Draw(t, "width")
		for line := range strings.Lines(p.Text(width, nil)) {
			require.LessOrEqual(t, wrap.Width(strings.TrimSuffix(line, "\n")), width, line)
		}
		for _, drawn := range []string{p.SVG(rapid.IntRange(0, 3).Draw(t, "columns")), "<div>" + p.HTML() + "</div>"} {
			var err error
			for d := xml.NewDecoder(strings.NewReader(drawn)); err == nil; {
				_, err = d.Token()
			}
			require.ErrorIs(t, err, io.EOF)
		}
	})
}

// What happens at once is several marks, as far as there is room beside each other.
func TestMarksOfOneMomentStandBesideEachOther(t *testing.T) {
	at := 500 * time.Millisecond
	lane := Lane{Name: "ann", Marks: []Mark{{Event: Sent, At: at}, {Event: Part, At: at}, {Event: Answered, At: at}, {Event: Closed, At: at}, {Event: Reset, At: at}}}
	p := Picture{To: time.Second, Panels: []Panel{{Title: "x", Lanes: []Lane{lane}}}}
	require.Contains(t, p.Body(60, nil), "!+✓┤", "the fifth takes the place of the first")
	lane.Marks = []Mark{{Event: Sent, At: time.Second}, {Event: Answered, At: time.Second}}
	p.Panels[0].Lanes = []Lane{lane}
	require.Contains(t, p.Body(60, nil), "✓│", "behind the last column is nothing")
}
