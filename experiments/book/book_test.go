package book

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/book/chinese"
	"socketbench/experiments/course"
	"socketbench/experiments/guess"
	"socketbench/experiments/report/lanes"
	"socketbench/experiments/scenes"
	"socketbench/experiments/watch"
	"socketbench/servers"
)

// Every lesson has its page, with its question in both languages, and every design has one.
func TestEveryLessonAndDesignHasAPage(t *testing.T) {
	files := sampleFiles(t)
	for _, l := range course.Lessons() {
		page := string(files["lessons/"+l.Name+".html"])
		require.Contains(t, page, `<span lang="zh-Hans">`+l.Question.Chinese[:9], l.Name)
		require.NotContains(t, page, "was not played", l.Name)
		if l.Scene != "" {
			require.Contains(t, page, `role="img" aria-label="`, l.Name)
			require.Contains(t, page, `<li data-at="`, l.Name)
		}
	}
	for _, e := range sample().Entries {
		require.Contains(t, files, "designs/"+e.Name+".html")
	}
	require.Contains(t, files, "pairs/poll..epoll.html")
	require.Contains(t, string(files["calls.html"]), "<th scope=\"row\">recvfrom()</th><td>pc.ReadFrom(buf)</td><td>unix.Recvfrom</td>")
	require.Contains(t, string(files["calls.html"]), "socket() bind() listen(), create_server()")
	require.Contains(t, string(files["calls.html"]), "BrokenPipeError")
	require.Contains(t, string(files["lessons/second-client.html"]), "class=\"measured\"")
}

// A guess is marked by what was seen: who is answered by the first server of the sample is not by the second.
func TestAGuessKnowsTheTruth(t *testing.T) {
	s, err := sample().gather(t.Context())
	require.NoError(t, err)
	for _, l := range s.lessons {
		require.NotNil(t, l.Asked, l.Name)
		want := []guess.Answer{guess.AtOnce, guess.Never}
		if l.Scene == "sticky" { // which asks about reads, and nobody knows those of the sample
			want = []guess.Answer{0, 0}
		}
		asked := 0
		for i, r := range l.Asked.Clients {
			if r.Guesses == nil {
				continue
			}
			asked++
			if steps := l.show.scene.Clients[i].Steps; !slices.ContainsFunc(steps, func(s watch.Step) bool { return s.Do == "send" && s.Text != "" }) {
				continue // it waits, and the sample answers sends only
			}
			require.Len(t, r.Guesses, len(want))
			for k, g := range r.Guesses {
				require.Equal(t, want[k], g.Truth, "%s: %s: %s", l.Name, g.About.English, g.Why.English)
			}
		}
		require.Positive(t, asked, l.Name)
	}
}

func isChinese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// The words and the glossary are there in both languages, and each experiment that a lesson names has findings.
func TestWordsAreInBothLanguages(t *testing.T) {
	for name, w := range words() {
		require.True(t, isChinese(w.Chinese) || w.Chinese == w.English || !strings.ContainsFunc(w.English, unicode.IsLetter), name)
	}
	for _, term := range glossary() {
		require.True(t, isChinese(term.Means.Chinese) && term.Means.English != "" && term.Term.English != "", term.ID)
	}
	for _, l := range course.Lessons() {
		for _, e := range l.Measured {
			list, err := findingsOf(e)
			require.NoError(t, err)
			require.NotEmpty(t, list, e)
			require.NotEmpty(t, list[0].Words)
			for _, f := range list {
				require.NotEmpty(t, f.Claim.English)
				require.Len(t, f.Words, len(list[0].Words))
				for _, w := range f.Words {
					require.NotEmpty(t, w.Machine)
					require.NotEmpty(t, w.Says.English)
					require.Equal(t, strings.HasPrefix(w.Says.English, "✓"), w.Good, w.Says)
					require.Equal(t, strings.HasPrefix(w.Says.English, "✗"), w.Bad, w.Says)
				}
			}
		}
	}
}

// Whatever a play says is there in Chinese: each event, each sign of the legend, and how each client fared.
func TestEveryEventAndSignHasItsChinese(t *testing.T) {
	verbs := func(s string) int { return strings.Count(s, "%") }
	for _, table := range []map[watch.What]course.Text{phrases, letters, {watch.Dropped: drops}} {
		for what, text := range table {
			require.True(t, isChinese(text.Chinese), what)
			require.Equal(t, verbs(text.English), verbs(text.Chinese), what)
		}
	}
	for _, k := range lanes.Kinds {
		require.True(t, isChinese(told(k.Name).Chinese), k.Name)
	}
	for _, e := range lanes.Events {
		require.True(t, isChinese(told(e.Name).Chinese), e.Name)
	}
	// Any three events of a client come to words and sentences that are translated.
	scene := watch.Scene{Name: "silent", Lasts: time.Minute, Clients: []watch.Client{{Name: "ann"}}, See: []watch.Seen{{If: "any", Answered: []string{"ann"}, InTurn: []string{"ann"}}}}
	missing := map[string]bool{}
	translate := func(english string) string {
		text, ok := chinese.Of(english)
		if !ok {
			missing[english] = true
		}
		return text
	}
	all := []watch.What{watch.Connecting, watch.Connected, watch.Sent, watch.Reading, watch.Received, watch.Answered, watch.Refused, watch.Wrong,
		watch.Ended, watch.HalfClosed, watch.Closed, watch.InVain, watch.ServerGone, watch.Reset, watch.Lost, watch.Unread, watch.Accepted}
	for _, a := range all {
		for _, b := range all {
			for _, c := range all {
				for number := range 2 { // connections, datagrams
					perf := watch.Performance{Server: "sequential", Kernel: a == watch.Unread}
					for i, what := range []watch.What{watch.Sent, a, b, c} {
						perf.Events = append(perf.Events, watch.Event{What: what, At: time.Duration(i) * time.Second, Number: number * (i + 1), Bytes: i})
					}
					word, _ := watch.Tell(perf, 0, time.Minute)
					for _, text := range []string{word, watch.Sentence(scene, perf), guess.When.Truth(scene, perf, 0).Why, guess.Reads.Truth(scene, perf, 0).Why,
						guess.Why(scene, perf, servers.Traits{})} {
						translate(text)
					}
					if c == watch.Reset { // the pictures of some
						picture := watch.Draw(scene, []watch.Performance{perf}, time.Minute)
						picture.Chinese = translate
						require.Contains(t, picture.HTML(), ` data-zh="`)
					}
				}
			}
		}
	}
	for name := range missing {
		require.Contains(t, []string{"sequential", "ann", "silent, sequential"}, name, "has no Chinese")
	}
}

// A scene in which something else was seen than it is there to show is played once more, and the second play is shown. One
// that showed it is played once.
func TestASceneThatShowedSomethingElseIsPlayedAgain(t *testing.T) {
	b := sample()
	plays := map[string]int{}
	var mu sync.Mutex
	b.Play = func(_ context.Context, name string, servers []string) (seen []watch.Performance, err error) {
		scene, err := scenes.Get(name)
		mu.Lock()
		defer mu.Unlock()
		key := name + " " + strings.Join(servers, " ")
		plays[key]++
		for i, server := range servers {
			answers := i == 0
			if key == "silent sequential goroutine" {
				answers = i == 1 // as it is
			}
			seen = append(seen, watch.Performance{Server: server, Events: events(scene, answers), Note: fmt.Sprint("play ", plays[key])})
		}
		return seen, err
	}
	s, err := b.gather(t.Context())
	require.NoError(t, err)
	for scene, want := range map[string]int{"silent sequential goroutine": 1, "silent sequential tryread": 2, "five-clients sequential select": 2} {
		i := slices.IndexFunc(s.lessons, func(l *lesson) bool { return l.Scene+" "+strings.Join(l.Watch, " ") == scene })
		require.Equal(t, fmt.Sprint("play ", want), s.lessons[i].show.seen[0].Note, scene)
		require.Equal(t, want, plays[scene], scene)
	}
}

// A folder that holds something else is left alone; a book is replaced, and nothing is left beside it.
func TestOnlyABookIsReplaced(t *testing.T) {
	dir := t.TempDir()
	theirs := filepath.Join(dir, "theirs")
	require.NoError(t, os.Mkdir(theirs, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(theirs, "thesis.txt"), []byte("my thesis"), 0o644))
	file := filepath.Join(theirs, "thesis.txt")
	b := sample()
	require.ErrorContains(t, b.Write(t.Context(), theirs), "holds something other than a book")
	require.ErrorContains(t, b.Write(t.Context(), file), "is a file")
	require.ErrorContains(t, b.Write(t.Context(), filepath.Join(dir, "no", "where")), "there is no folder")
	unplayed := b
	unplayed.Play = func(context.Context, string, []string) ([]watch.Performance, error) {
		return nil, errors.New("a scene was played")
	}
	if runtime.GOOS == "linux" { // a folder in which nobody makes any, not even root
		require.ErrorContains(t, unplayed.Write(t.Context(), "/proc/book"), "choose another place, to which you may write", "before the scenes are played")
	}

	mine := filepath.Join(dir, "mine")
	require.NoError(t, os.Mkdir(mine, 0o755)) // empty
	require.NoError(t, b.Write(t.Context(), mine))
	stale := filepath.Join(mine, "stale.html")
	require.NoError(t, os.WriteFile(stale, nil, 0o644))
	require.NoError(t, b.Write(t.Context(), mine))
	require.NoFileExists(t, stale)
	require.FileExists(t, filepath.Join(mine, "index.html"))

	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 2)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "my thesis", string(text))
}

// BenchmarkBook is the time to make the pages without the plays, and their size.
func BenchmarkBook(b *testing.B) {
	for b.Loop() {
		size := 0
		for _, text := range sampleFiles(b) {
			size += len(text)
		}
		b.ReportMetric(float64(size), "bytes/book")
	}
}
