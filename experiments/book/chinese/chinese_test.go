package chinese

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

func TestPatternsAreFilled(t *testing.T) {
	for english, want := range map[string]string{
		"":                 "",
		"waits in vain":    "白等",
		"answered, 0.3 s":  "有回复，0.3 秒",
		"4 of 10 lost":     "10 个丢了 4 个",
		"1 send, 2 reads":  "1 次发送，2 次读取",
		"connects":         "连接",
		"connects, closes": "连接，关闭",
		"resets its connection and sends nothing":                           "重置连接，什么也不发",
		`at 0.3 s connects, sends "a, b; c", waits for the reply`:           `0.3 秒时连接，发送 "a, b; c"，等待回复`,
		`sends "say \"hi, you\"", closes`:                                   `发送 "say \"hi, you\""，关闭`,
		"was answered 0.6 s after it asked; alone it would have been 0.3 s": "提问后 0.6 秒得到回复；只有它一个时是 0.3 秒",
	} {
		got, ok := Of(english)
		require.True(t, ok, english)
		require.Equal(t, want, got, english)
	}
	got, ok := Of("connects, dances")
	require.False(t, ok)
	require.Equal(t, "连接，dances", got, "what is not known stays")
	require.Equal(t, "ann", series("ann"))
	require.Equal(t, "ann、bob 和 cho", series("ann, bob and cho"))
}

// Every pattern has its Chinese, with the places of its English, and none stands in the shadow of an earlier one.
func TestTheTableIsWhole(t *testing.T) {
	for _, p := range table() {
		require.True(t, strings.ContainsFunc(p.Chinese, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || p.English == p.Chinese, p.English)
		require.Equal(t, len(p.places), strings.Count(p.English, "{"), p.English)
		for _, place := range p.places {
			place = strings.ReplaceAll(place, `\`, "")
			require.Equal(t, 1, strings.Count(p.Chinese, place), p.English)
		}
		require.Equal(t, len(p.places), strings.Count(p.Chinese, "{"), p.English)
		if len(p.places) == 0 && !strings.Contains(p.English, "(s)") {
			got, _ := Of(p.English)
			require.Equal(t, p.Chinese, got, "%s has an earlier pattern", p.English)
		}
	}
}
