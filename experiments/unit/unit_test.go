package unit

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		unit string
		v    float64
		want string
	}{
		{"ns", 131_000, "131 µs"},
		{"ns", 999_700, "1.00 ms"},
		{"ns", 1_310_000, "1.31 ms"},
		{"ns", 85, "85.0 ns"},
		{"ns", 1.4e9, "1.40 s"},
		{"ns", 0, "0 ns"},
		{"count", 5321, "5,321"},
		{"count", 16, "16"},
		{"count", 4.5, "4.50"},
		{"requests/s", 123456, "123,456/s"},
		{"bytes", 4.1 * 1024, "4.10 KiB"},
		{"x", 1.314, "1.31x"},
		{"x", 0.0523, "0.0523x"},
		{"ratio", 0.997, "1.00"},
		{"share", 1, "100 %"},
		{"share", 0.99996, "99.99 %"},
		{"share", 0.9994, "99.9 %"},
		{"share", 0.0805, "8.05 %"},
		{"share", 0.00001, "< 0.01 %"},
		{"share", 0, "0 %"},
		{"parsecs", 3.3, "3.30 parsecs"},
		{"ns", math.NaN(), None},
		{"x", math.Inf(1), None},
	} {
		require.Equal(t, c.want, Format(c.unit, c.v), "%v %s", c.v, c.unit)
	}
}

func TestTick(t *testing.T) {
	require.Equal(t, "1 ms", Tick("ns", 1e6))
	require.Equal(t, "2.5 s", Tick("ns", 2.5e9))
	require.Equal(t, "10,000", Tick("count", 1e4))
	require.Equal(t, "0.5x", Tick("x", 0.5))
	require.Equal(t, "4.31 µs", Tick("ns", 4312))
	require.Equal(t, "999 ns", Tick("ns", 999.4))
	require.Equal(t, "1 µs", Tick("ns", 999.9))
	require.Equal(t, "12 KiB", Tick("bytes", 12288))
	require.Equal(t, "0.00512", Tick("ratio", 0.00512))
	require.Equal(t, "0.0000123x", Tick("x", 0.0000123))
	require.Equal(t, "0 ns", Tick("ns", 0))
	require.Equal(t, "3.1 %", Percent(0.031))
	require.Equal(t, "-12,345", Count(-12345))
	require.Equal(t, []string{"", "a", "a and b", "a, b and c"}, []string{Series(nil), Series([]string{"a"}), Series([]string{"a", "b"}), Series([]string{"a", "b", "c"})})
	require.Equal(t, "1 trial", Many(1, "trial"))
	require.Equal(t, "0 trials", Many(0, "trial"))
	require.Equal(t, "1,200 processes", Many(1200, "process"))
	require.Equal(t, "2 replies", Many(2, "reply"))
}
