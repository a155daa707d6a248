package chinese

import (
	"regexp"
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
	for english, want := range map[string]string{
		"goroutine: answered ann, bob and cho; the longest wait was 0.3 s; dan waited in vain":    "goroutine：回复了 ann、bob 和 cho；最长等了 0.3 秒；dan 白等",
		"ann: backlog: connected, not accepted, to the end, 1.2 s":                                "ann：在等待队列中：已连接，还没有 accept，一直到最后，1.2 秒",
		`ann: sent at 100 ms: "one, two"`:                                                         `ann：100 毫秒时发送："one, two"`,
		"2 in the backlog, 1 byte unread":                                                         "2 个在等待队列中，1 字节没有读",
		"? undecided, 0.973x (0.955x – 0.992x), goroutine with line framing, no_delay true":       "? 未定，0.973x (0.955x – 0.992x)，goroutine（line 分帧），no_delay true",
		"udp: answered ten sends; 3 of the 10 datagrams of ten sends got no reply (3 and 6 to 7)": "udp：回复了 ten sends；ten sends 的 10 个数据报中有 3 个没有回复（第 3 和 6 到 7 个）",
		"python-loop cannot be told wait: 300ms":                                                  "无法告诉 python-loop wait: 300ms",
		"it serves one connection at a time; this play went otherwise than the scene says (ann is not answered; bob waits in vain), and the marks go by what was seen": "它一次只服务一个连接；这次播放和场景说的不一样（ann 没有得到回复；bob 白等），批改按实际看到的算",
		"sequential: nobody was answered. goroutine: answered ann": "sequential：没有人得到回复。goroutine：回复了 ann",
	} {
		got, ok := Of(english)
		require.True(t, ok, english)
		require.Equal(t, want, got)
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
		if p.English == "goroutines" {
			continue // the word is Go's own
		}
		words := regexp.MustCompile(`\{[a-z]+[0-9]*\}|^no_delay`).ReplaceAllString(p.English, "")
		require.True(t, strings.ContainsFunc(p.Chinese, func(r rune) bool { return unicode.Is(unicode.Han, r) }) || !strings.ContainsFunc(words, unicode.IsLetter), p.English)
		require.Equal(t, len(p.places), strings.Count(p.English, "{"), p.English)
		for _, place := range p.places {
			place = strings.ReplaceAll(place, `\`, "")
			require.Equal(t, 1, strings.Count(p.Chinese, place), p.English)
		}
		require.Equal(t, len(p.places), strings.Count(p.Chinese, "{"), p.English)
		if len(p.places) == 0 && !strings.Contains(p.English, "[s]") {
			got, _ := Of(p.English)
			require.Equal(t, p.Chinese, got, "%s has an earlier pattern", p.English)
		}
	}
}
