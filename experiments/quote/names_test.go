package quote

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestNamesThatLookAlike(t *testing.T) {
	require.Equal(t, map[string]string{"a b": "a b", `c:\x`: `c:\x`}, Apart([]string{"a b", `c:\x`}), "nothing is quoted without need")
	require.Equal(t, map[string]string{"a b": "a b", "a  b": `a \x20b`, "a   b": `a \x20 b`, "a b ": `a b\x20`, "c": "c"},
		Apart([]string{"a b", "a  b", "a   b", "a b ", "c"}))
	require.Equal(t, map[string]string{"a\x1b": `a\x1b`, `a\x1b`: `a\x5cx1b`, `a\x5cx1b`: `a\x5cx5cx1b`}, Apart([]string{"a\x1b", `a\x1b`, `a\x5cx1b`}))
}

// No two names look the same in a table, which shows one blank for several.
func TestNamesStayApart(t *testing.T) {
	name := rapid.StringOfN(rapid.SampledFrom([]rune("ab \\x15c2\x1b\u3000\u202e20")), 0, 8, -1)
	rapid.Check(t, func(r *rapid.T) {
		names := rapid.SliceOfNDistinct(name, 2, 6, rapid.ID).Draw(r, "names")
		seen := map[string]string{}
		for n, shown := range Apart(names) {
			looks := strings.Join(strings.Fields(shown), " ")
			require.Empty(r, seen[looks], "%q", names)
			seen[looks] = shown + "."
			require.Equal(r, shown, Text(shown))
			_ = n
		}
	})
}

// A letter with an accent may be one character or two, and both look the same.
func TestAccentsStayApart(t *testing.T) {
	require.Equal(t, map[string]string{"caf\u00e9": "caf\u00e9", "cafe\u0301": `cafe\u0301`}, Apart([]string{"caf\u00e9", "cafe\u0301"}))
	require.Equal(t, map[string]string{"\u212b": `\u212b`, "\u00c5": "\u00c5"}, Apart([]string{"\u212b", "\u00c5"}))
	require.Equal(t, map[string]string{"\uac01": "\uac01", "\u1100\u1161\u11a8": "\u1100\\u1161\\u11a8"}, Apart([]string{"\uac01", "\u1100\u1161\u11a8"}))
	require.Equal(t, map[string]string{"cafe\u0301": "cafe\u0301", "tea": "tea"}, Apart([]string{"cafe\u0301", "tea"}), "nothing is quoted without need")
}
