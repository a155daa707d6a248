package quote

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWhatCanBePrintedIsPrinted(t *testing.T) {
	for _, s := range []string{"", "plain", "你好\u3000ünïcode 😀 é", `C:\new "two" 'one' \n`, "]]> <!-- & %s", "\ufffd"} {
		require.Equal(t, s, Text(s))
		require.Equal(t, s, Lines(s))
	}
}

func TestTheRestIsQuoted(t *testing.T) {
	for s, want := range map[string]string{
		"\x1b[31mred\x1b[0m":    `\x1b[31mred\x1b[0m`,
		"\x00\x07\x7f":          `\x00\x07\x7f`,
		"\xff\xfe \xc3(":        `\xff\xfe \xc3(`,
		"\x85 \u0085":           `\x85 \u0085`,
		"right \u202eto left":   `right \u202eto left`,
		"zero\u200bwidth\u00a0": `zero\u200bwidth\u00a0`,
		"\u2028 \U000e0001":     `\u2028 \U000e0001`,
		"a\tb\r\nc\n":           `a\tb\r\nc\n`,
	} {
		require.Equal(t, want, Text(s))
	}
	require.Equal(t, "a\tb\nc\\rd\n", Lines("a\tb\r\nc\rd\n"))
}

// Whatever comes in, what goes out is printable UTF-8 on one line, and quoting it again changes nothing.
func TestQuotingTwiceIsQuotingOnce(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(r, "bytes")) + rapid.String().Draw(r, "text")
		once := Text(s)
		require.True(r, utf8.ValidString(once))
		require.False(r, strings.ContainsFunc(once, func(c rune) bool { return !printed(c) }))
		require.Equal(r, once, Text(once))
		require.Equal(r, Lines(s), Lines(Lines(s)))
	})
}

func TestJSONMeansTheSame(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		want := map[string]string{rapid.String().Draw(r, "key"): rapid.String().Draw(r, "value") + "\u202e\u0085\x7f\U000e0001"}
		text, err := json.MarshalIndent(want, "", "\t")
		require.NoError(r, err)
		quoted := JSON(text)
		require.False(r, strings.ContainsFunc(string(quoted), func(c rune) bool { return c >= ' ' && !printed(c) }))
		require.Equal(r, quoted, JSON(quoted))
		var got map[string]string
		require.NoError(r, json.Unmarshal(quoted, &got))
		require.Equal(r, want, got)
	})
}
