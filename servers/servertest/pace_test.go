package servertest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Replies that are late until a connection acknowledges at once are reported, once. Replies that are still late, or late
// now and then by chance, are not.
func TestLateRepliesAreTold(t *testing.T) {
	for name, test := range map[string]struct {
		late func(n int, d *delays) bool // whether reply n, of 1 to 100, is late
		told bool
	}{
		"held back until the acknowledgement": {func(_ int, d *delays) bool { return !d.prompt }, true},
		"every second reply":                  {func(n int, d *delays) bool { return !d.prompt && n%2 == 0 }, true},
		"on a busy machine":                   {func(n int, d *delays) bool { return !d.prompt || n%7 == 0 }, true},
		"a server that sleeps":                {func(int, *delays) bool { return true }, false},
		"twice by chance":                     {func(n int, _ *delays) bool { return n == 20 || n == 70 }, false},
		"never":                               {func(int, *delays) bool { return false }, false},
	} {
		t.Run(name, func(t *testing.T) {
			var said []string
			p := pace{say: func(words string) { said = append(said, words) }}
			var d delays
			for n := 1; n <= 100; n++ {
				p.reply(&d, test.late(n, &d))
			}
			require.Equal(t, test.told, len(said) == 1, said)
			require.Equal(t, test.told, p.acknowledges(new(delays)), "the clients that come next")
			require.Equal(t, test.told, p.held() == suspicious)
			report := Report{Halves: p.held()}
			if !test.told {
				require.Empty(t, report.Slow())
				return
			}
			require.Equal(t, said[0], report.Slow())
			require.Contains(t, said[0], "3 replies came in two parts some 40 ms apart")
		})
	}
}
