package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a value in a file is read as: what the eye reads, in plain decimal and with its unit, or it is refused with its
// position, the value as it was written, and what is allowed.
func TestScalarsMeanWhatTheEyeReads(t *testing.T) {
	for _, c := range []struct {
		field, value string
		want         string // what it is read as; "" where it is refused
		says         string
	}{
		{"duration", "400", "", "400 is a number without a unit"},
		{"duration", "400ms", "400ms", ""},
		{"duration", "1m30s", "1m30s", ""},
		{"duration", "1:30", "", `"1:30" is no time`},
		{"duration", "2 seconds", "", `"seconds" is no unit of time`},
		{"duration", "2 s", "2s", ""},
		{"duration", "010ms", "", "write 10ms if that is meant"},
		{"think", ".5ms", "500µs", ""},
		{"think", "200us", "200µs", ""},
		{"think", "200µs", "200µs", ""}, // U+00B5
		{"think", "200μs", "200µs", ""}, // U+03BC
		{"think", "-1ms", "", "out of range"},
		{"think", "0.4ns", "", "0.4ns is no whole number of nanoseconds"},
		{"think", "0.00001ns", "", "no whole number of nanoseconds"},
		{"think", "1.1us", "1.1µs", ""},
		{"duration", "1e3ms", "", "write 1000ms if that is meant"},
		{"duration", "1_000ms", "", "write 1000ms if that is meant"},
		{"duration", "+2s", "", "write 2s if that is meant"},
		{"duration", "½s", "", `"½s" is no time`},
		{"connections", "[8]", "", "whole number from 1 to 60000; this is a list"},
		{"connections", "{a: 8}", "", "this is a block of fields"},
		{"size", "010", "", "010 is not in plain decimal digits; write 10 if that is meant"},
		{"size", `"010"`, "", "write 10 if that is meant"},
		{"size", "010k", "", `"k" is no unit`},
		{"size", "0o10", "", "write 8 if that is meant"},
		{"size", "0b11", "", "write 3 if that is meant"},
		{"size", "0x10", "", "write 16 if that is meant"},
		{"size", "64 KiB", "65536 bytes", ""},
		{"size", "64KB", "", `"KB" is no unit of 64KB: KiB, MiB, GiB, B`},
		{"size", "+64", "", "write 64 if that is meant"},
		{"connections", "1_000", "", "write 1000 if that is meant"},
		{"connections", "1e1", "", "write 10 if that is meant"},
		{"connections", "8.0", "8", ""},
		{"connections", "8.5", "", "8.5 is no whole number"},
		{"connections", "99999999999999999999", "", "out of range"},
		{"connections", "1,000", "", "write a number without commas"},
		{"rate", "1e4", "", "write 10000 if that is meant"},
		{"rate", "10k", "10000 requests/s", ""},
		{"rate", "1.5k", "1500 requests/s", ""},
		{"rate", "010k", "", "write 10k if that is meant"},
		{"rate", ".inf", "", "no number in plain decimal digits"},
		{"rate", ".nan", "", "no number in plain decimal digits"},
		{"rate", "~", "", "has no value"},
		{"no_delay", "no", "", "wants true or false"},
		{"no_delay", `"false"`, "", "wants true or false"},
		{"no_delay", "false", "false", ""},
	} {
		text := fmt.Sprintf("name: scalars\nquestion: What does the file say?\nservers: [goroutine]\nload: {%s: %s}\n", c.field, c.value)
		e, err := Parse("file.yaml", []byte(text), registry())
		if c.want == "" {
			require.ErrorContains(t, err, c.says, c.value)
			require.ErrorContains(t, err, "file.yaml:4:", c.value)
			continue
		}
		require.NoError(t, err, c.value)
		got := ""
		for _, s := range e.Settings(nil) {
			if s.Path == "load."+c.field {
				got = s.Value
			}
		}
		require.Equal(t, c.want, got, c.value)
	}
}

// Every fault of a file is told at once, a field that stands twice and a second document among them.
func TestAllFaultsAtOnce(t *testing.T) {
	_, err := Parse("file.yaml", []byte("name: scalars\nquestion: q\nservers: [goroutine]\nblocks: 010\nload: {size: 1, size: 2, duration: 400}\nvary: {load.pipeline: [16, 0x10], load.idle: [1024, 1024]}\n---\nname: another\n"), registry())
	for _, says := range []string{"write 10 if that is meant", `"size" stands twice, first in line 5`, "400 is a number without a unit",
		"but 16 stands already in vary.load.pipeline", "1024 stands twice in vary.load.idle", "a second document"} {
		require.ErrorContains(t, err, says)
	}
	require.Equal(t, 5, strings.Count(err.Error(), "\n"))
}
