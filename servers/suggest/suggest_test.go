package suggest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A name that is near is suggested, and none where nothing is near.
func TestDidYouMean(t *testing.T) {
	names := []string{"sequential", "goroutine", "pool", "deadline", "poll", "epoll", "python-asyncio", "udp", "uring"}
	for typed, want := range map[string]string{
		"pol": "poll", "Epol": "epoll", "gorotine": "goroutine", "goruotine": "goroutine", "gorotune": "goroutine", "gorout": "goroutine",
		"sequencial": "sequential", "asyncio": "python-asyncio", "dead": "deadline", "upd": "udp",
		"foo": "", "x": "", "": "", "u": "", "nginx": "", "banana": "", "hello": "", "mine.py": "", "你好": "", "thread": "",
	} {
		if want != "" {
			want = `; did you mean "` + want + `"?`
		}
		require.Equal(t, want, DidYouMean(typed, names), typed)
	}
}
