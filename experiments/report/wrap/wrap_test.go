package wrap

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	require.Equal(t, []string{"one two", "three"}, Words("one two\n three", 7))
	require.Equal(t, []string{"a", "/long/", "path", "it"}, Words("a /long/path it", 6), "a word too wide is cut")
	require.Empty(t, Words(" \n", 7))
}

// No line is too wide, none is empty, and nothing but blanks is lost.
func TestAnyWordsFitAnyWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, width := rapid.String().Draw(t, "words"), rapid.IntRange(-1, 20).Draw(t, "width")
		lines := Words(s, width)
		for _, l := range lines {
			require.NotEmpty(t, l)
			require.LessOrEqual(t, utf8.RuneCountInString(l), max(width, 1))
		}
		require.Equal(t, strings.Join(strings.Fields(s), ""), strings.Join(strings.Fields(strings.Join(lines, "")), ""))
	})
}
