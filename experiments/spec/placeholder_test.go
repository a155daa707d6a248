package spec

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers/upper"
)

// TestEverySettingHasAKnob: a field of Config without one would be kept from commands without a word.
func TestEverySettingHasAKnob(t *testing.T) {
	fields := reflect.TypeFor[Config]()
	require.Len(t, Knobs, fields.NumField())
	for i, k := range Knobs {
		f := fields.Field(i)
		require.Equal(t, f.Tag.Get("yaml"), k.Name)
		require.Equal(t, f.Type == reflect.TypeFor[time.Duration](), k.Time, k.Name)
	}
}

// TestEverySettingIsToldOrMissed sets each field alone: a command with its placeholder is told the value, one
// without is known not to be.
func TestEverySettingIsToldOrMissed(t *testing.T) {
	for i, k := range Knobs {
		t.Run(k.Name, func(t *testing.T) {
			c, want := Config{}, "3"
			f := reflect.ValueOf(&c).Elem().Field(i)
			switch f.Interface().(type) {
			case time.Duration:
				f.SetInt(int64(10 * time.Millisecond))
				want = "0.01 10ms"
			case upper.Framing:
				f.Set(reflect.ValueOf(upper.Line))
				want = "line"
			default:
				f.SetInt(3)
			}
			if k.Name == "limit" { // only of framings that have one
				c.Framing = upper.Length
			}
			if k.Name == "slots" { // only of requests that wait
				c.Wait = time.Millisecond
			}
			require.Equal(t, "mine 80 "+want, Fill("mine {port} "+strings.Join(k.Placeholders(), " "), 80, c))
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
			for _, p := range k.Placeholders() {
				require.False(t, missed("mine {port} "+p), p)
			}
		})
	}
}

func TestWhatEveryServerDoesNeedsNoTelling(t *testing.T) {
	for _, c := range []Config{{}, {Framing: upper.Raw}, {Limit: 9}, {Slots: 4}, {ReadSize: 16 << 10, Workers: 8, Queue: 1024,
		IdleTimeout: 5 * time.Second, Linger: 500 * time.Millisecond, DrainTimeout: 5 * time.Second}} {
		must, own := Untold("mine {port}", c)
		require.Empty(t, append(must, own...), "%+v", c)
	}
}

func TestNotToldNamesValuesAndRemedy(t *testing.T) {
	c := Config{Wait: 10 * time.Millisecond, Slots: 20}
	must, _ := Untold("mine {port}", c)
	require.Equal(t, "the command is not told wait: 10ms and slots: 20; put {wait} and {slots} in it", NotTold("mine {port}", must, c))
	require.Equal(t, "c-epoll cannot be told wait: 10ms and slots: 20", NotTold("c-epoll", must, c))
}

func TestPlaceholderHelpNamesAll(t *testing.T) {
	for _, k := range Knobs {
		require.Contains(t, PlaceholderHelp(), k.Placeholders()[0])
	}
	require.Contains(t, PlaceholderHelp(), "{wait_duration} is 10ms")
}
