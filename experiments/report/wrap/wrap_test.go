package wrap

import (
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	require.Equal(t, []string{"one two", "three"}, Words("one two\n three", 7))
	require.Equal(t, []string{"a", "/long/", "path", "it"}, Words("a /long/path it", 6), "a word too wide is cut")
	require.Equal(t, []string{"你好", "服务", "a"}, Words("你好服务 a", 5), "letters of two columns")
	require.Empty(t, Words(" \n", 7))
}

// No line is too wide, none is empty, and only blanks are lost.
func TestAnyWordsFitAnyWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, width := rapid.String().Draw(t, "words"), rapid.IntRange(-1, 20).Draw(t, "width")
		lines := Words(s, width)
		for _, l := range lines {
			require.NotEmpty(t, l)
			require.LessOrEqual(t, lipgloss.Width(l), max(width, 2), "a letter may take two columns")
		}
		require.Equal(t, strings.Join(strings.Fields(s), ""), strings.Join(strings.Fields(strings.Join(lines, "")), ""))
	})
}

func TestNamesThatAreTooLongStayApart(t *testing.T) {
	long := strings.Repeat("a", 150)
	require.Equal(t, []string{"aaaa…aaa1", "aaaa…aaa2", "short"}, Names([]string{long + "1", long + "2", "short"}, 9))
	require.Equal(t, []string{"1: a…aaaa", "2: a…aaaa"}, Names([]string{long + "1" + long, long + "2" + long}, 9))
	require.Equal(t, []string{"你…务3"}, Names([]string{"你好服务3"}, 7))
	require.Equal(t, []string{long, long}, Names([]string{long, long}, 150))
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(7, 30).Draw(t, "width")
		names := rapid.SliceOfN(rapid.StringMatching(`[ab你]{0,40}`), 1, 6).Draw(t, "names")
		short := Names(names, width)
		for i := range names {
			require.LessOrEqual(t, Width(short[i]), width)
			for k := range names {
				require.Equal(t, names[i] == names[k], short[i] == short[k], "%q", short)
			}
		}
	})
}

func TestPadAndClip(t *testing.T) {
	require.Equal(t, "你好  ", Pad("你好", 6))
	require.Equal(t, "你…", Clip("你好服务", 4))
	require.Equal(t, "你好", Clip("你好", 4))
}
