package config

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers/upper"
)

// TestEveryFieldIsAKnob: a field of Config without a line in the table could be told to no server.
func TestEveryFieldIsAKnob(t *testing.T) {
	var c Config
	at := map[any]string{}
	for _, k := range Knobs {
		at[k.At(&c)] = k.Name
		require.NotEmpty(t, k.About, k.Name)
		require.NotEmpty(t, k.Label, k.Name)
	}
	require.Len(t, at, len(Knobs), "each has a place of its own")
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		for i := range v.NumField() {
			f := v.Type().Field(i)
			switch {
			case !f.IsExported() || f.Tag.Get("json") == "-":
			case f.Type.Kind() == reflect.Struct:
				walk(v.Field(i))
			default:
				require.NotEmpty(t, at[v.Field(i).Addr().Interface()], "%s has no line in Knobs", f.Name)
			}
		}
	}
	walk(reflect.ValueOf(&c).Elem())
}

func TestDefaultsAreThoseOfTheTable(t *testing.T) {
	c := Config{Queue: 7}.WithDefaults()
	require.Equal(t, 7, c.Queue)
	require.Equal(t, 16<<10, c.ReadSize)
	require.Equal(t, upper.DefaultLimit, c.Protocol.Limit)
	require.Equal(t, []time.Duration{5 * time.Second, 500 * time.Millisecond, 5 * time.Second}, []time.Duration{c.IdleTimeout, c.Linger, c.DrainTimeout})
	require.Zero(t, c.Workers, "a pool and a design with loops have different defaults")
	require.Zero(t, c.MaxConns)
}

// A child process is told all that can leave this one.
func TestAnOrderIsTheConfig(t *testing.T) {
	var c Config
	for i, k := range Knobs {
		switch at := k.At(&c).(type) {
		case *int:
			*at = i + 1
		case *time.Duration:
			*at = time.Duration(i + 1)
		case *upper.Framing:
			*at = upper.Length
		}
	}
	said := c
	said.Tally, said.Report, said.Protocol.Hook = new(Tally), func(error) {}, func([]byte) {}
	order, err := json.Marshal(said)
	require.NoError(t, err)
	var heard Config
	require.NoError(t, json.Unmarshal(order, &heard))
	require.Equal(t, c, heard)
}
