package book

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/course"
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

// A guess is marked by what was seen: who is served by the first server of the sample is not by the second.
func TestAVoteKnowsTheTruth(t *testing.T) {
	s, err := sample().gather(t.Context())
	require.NoError(t, err)
	for _, l := range s.lessons {
		for _, v := range l.Votes {
			require.Equal(t, []bool{true, false}, []bool{v.Cells[0].Answered, v.Cells[1].Answered}, "%s: %s", l.Name, v.Client)
		}
	}
}

// The words and the glossary are there in both languages, and each experiment that a lesson names has findings.
func TestWordsAreInBothLanguages(t *testing.T) {
	chinese := func(s string) bool {
		return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	}
	for name, w := range words() {
		require.True(t, chinese(w.Chinese) || w.Chinese == w.English, name)
	}
	for _, term := range glossary() {
		require.True(t, chinese(term.Means.Chinese) && term.Means.English != "" && term.Term.English != "", term.ID)
	}
	for _, l := range course.Lessons() {
		for _, e := range l.Measured {
			list := findings(e)
			require.NotEmpty(t, list, e)
			require.NotEmpty(t, list[0].Words)
			require.NotContains(t, list[0].Claim, "|")
		}
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
