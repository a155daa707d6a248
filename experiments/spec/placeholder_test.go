package spec

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
	"socketbench/servers/config"
	"socketbench/servers/upper"
)

// protocol is a configuration of the protocol alone.
func protocol(p upper.Protocol) servers.Config { return servers.Config{Protocol: p} }

// TestEveryKnobIsToldOrMissed sets each knob alone: a command with its placeholder is told the value, one without is
// known not to be.
func TestEveryKnobIsToldOrMissed(t *testing.T) {
	for _, k := range config.Knobs {
		t.Run(k.Name, func(t *testing.T) {
			c, want := servers.Config{}, "3"
			switch at := k.At(&c).(type) {
			case *time.Duration:
				*at, want = 10*time.Millisecond, "0.01 10ms"
			case *upper.Framing:
				*at, want = upper.Line, "line"
			case *int:
				*at = 3
			}
			if k.Only != nil { // limit is of framings that have one, slots of requests that wait
				require.False(t, k.Changes(c))
				c.Protocol.Work.Wait = time.Millisecond
				c.Protocol.Framing = max(c.Protocol.Framing, upper.Line)
			}
			require.Equal(t, "mine 80 "+want, Fill("mine {port} "+strings.Join(placeholders(k), " "), 80, c))
			missed := func(command string) bool {
				must, own := Untold(command, c)
				for _, m := range append(must, own...) {
					if m.Name == k.Name {
						require.Equal(t, k.Own, len(own) == 1)
						return true
					}
				}
				return false
			}
			require.True(t, missed("mine {port}"))
			for _, p := range placeholders(k) {
				require.False(t, missed("mine {port} "+p), p)
			}
		})
	}
}

func TestWhatEveryServerDoesNeedsNoTelling(t *testing.T) {
	slots := protocol(upper.Protocol{Work: upper.Work{Slots: 4}})
	for _, c := range []servers.Config{{}, protocol(upper.Protocol{Limit: 9}), slots, {ReadSize: 16 << 10, Workers: 8, Queue: 1024,
		IdleTimeout: 5 * time.Second, Linger: 500 * time.Millisecond, DrainTimeout: 5 * time.Second}} {
		must, own := Untold("mine {port}", c)
		require.Empty(t, append(must, own...), "%+v", c)
	}
}

func TestNotToldNamesValuesAndRemedy(t *testing.T) {
	c := protocol(upper.Protocol{Work: upper.Work{Wait: 10 * time.Millisecond, Slots: 20}})
	must, _ := Untold("mine {port}", c)
	require.Equal(t, "the command is not told wait: 10ms and slots: 20; put {wait} and {slots} in it", NotTold("mine {port}", must, c))
	require.Equal(t, "c-epoll cannot be told wait: 10ms and slots: 20", NotTold("c-epoll", must, c))
}

func TestPlaceholderHelpNamesAll(t *testing.T) {
	for _, k := range config.Knobs {
		require.Contains(t, PlaceholderHelp(), placeholders(k)[0])
	}
	require.Contains(t, PlaceholderHelp(), "10ms for {wait_duration}")
}
