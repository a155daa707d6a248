package unit

import (
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestDigitsAreDecimal(t *testing.T) {
	for text, want := range map[string]float64{"0": 0, "10": 10, "8.0": 8, ".5": 0.5, "0.25": 0.25, "-1": -1, "99999999999999999999": 1e20} {
		v, err := Decimal(text)
		require.NoError(t, err, text)
		require.Equal(t, want, v, text)
	}
}

// Text that could be read in two ways is refused, with the number that is probably meant.
func TestOtherDigitsAreRefused(t *testing.T) {
	for text, plain := range map[string]string{
		"010": "10", "00": "0", "+5": "5", "0o10": "8", "0x10": "16", "0b11": "3", "1_000": "1000", "10,000": "10000",
		"1e4": "10000", "1E-1": "0.1", "5.": "5", "010.5": "10.5",
		"": "", "-": "", ".": "", "1:30": "", "1.2.3": "", "٣": "", "１０": "", "many": "", "0x": "", ".inf": "", "NaN": "", " 1": "", "1 ": "",
	} {
		_, err := Decimal(text)
		var odd *NotDecimal
		require.ErrorAs(t, err, &odd, text)
		require.Equal(t, plain, odd.Plain, text)
	}
}

func TestUnits(t *testing.T) {
	for text, want := range map[string]float64{"64": 64, "16KiB": 16384, "64 KiB": 65536, "1MiB": 1 << 20, "2GiB": 2 << 30, "0.5KiB": 512, "7B": 7} {
		v, err := ParseSize(text)
		require.NoError(t, err, text)
		require.Equal(t, want, v, text)
	}
	for text, want := range map[string]float64{"4000": 4000, "10k": 1e4, "1.5M": 1.5e6, "0.5k": 500, "2.5": 2.5} {
		v, err := ParseRate(text)
		require.NoError(t, err, text)
		require.Equal(t, want, v, text)
	}
	for text, want := range map[string]time.Duration{"0": 0, "300ms": 300 * time.Millisecond, "2 s": 2 * time.Second, "1m30s": 90 * time.Second,
		".5ms": 500 * time.Microsecond, "200us": 200 * time.Microsecond, "200µs": 200 * time.Microsecond, "200μs": 200 * time.Microsecond,
		"-1ms": -time.Millisecond, "1h05m": 65 * time.Minute} {
		d, err := ParseTime(text)
		require.NoError(t, err, text)
		require.Equal(t, want, d, text)
	}
	for text, want := range map[string]float64{"8.0": 8, "64": 64, "2k": 2000, "1.5M": 1.5e6, "0.05k": 50} {
		v, err := ParseCount(text)
		require.NoError(t, err, text)
		require.Equal(t, want, v, text)
	}
}

func TestUnitsThatAreNone(t *testing.T) {
	size := func(s string) error { _, err := ParseSize(s); return err }
	rate := func(s string) error { _, err := ParseRate(s); return err }
	span := func(s string) error { _, err := ParseTime(s); return err }
	whole := func(s string) error { _, err := ParseCount(s); return err }
	for _, c := range []struct {
		read func(string) error
		text string
		says string
	}{
		{size, "64KB", `"KB" is no unit of 64KB: KiB, MiB, GiB, B`},
		{size, "010KiB", `010KiB is not in plain decimal digits; write 10KiB if that is meant`},
		{size, "0.3KiB", `0.3KiB is no whole number of bytes`},
		{rate, "10K", `"K" is no unit of 10K: k, M`},
		{rate, "010k", `010k is not in plain decimal digits; write 10k if that is meant`},
		{whole, "0.0005k", `0.0005k is no whole number`},
		{whole, "2K", `"K" is no unit of 2K: k, M`},
		{whole, "3ms", `"ms" is no unit of 3ms: k, M`},
		{span, "400", `400 is a number without a unit`},
		{span, "010ms", `010ms is not in plain decimal digits; write 10ms if that is meant`},
		{span, "2 seconds", `"seconds" is no unit of time in 2 seconds: ns, us, ms, s, m, h`},
		{span, "1d", `"d" is no unit of time in 1d: ns, us, ms, s, m, h`},
		{span, "1:30", `"1:30" is no time`},
		{span, "1e3ms", `1e3ms is not in plain decimal digits; write 1000ms if that is meant`},
		{span, "1_000 ms", `1_000 ms is not in plain decimal digits; write 1000ms if that is meant`},
		{span, "0.4ns", `0.4ns is no whole number of nanoseconds`},
		{span, "9999999h", `"9999999h" is no time that can be counted`},
		{span, "", `"" is no time`},
		{whole, "8.5", `8.5 is no whole number`},
		{whole, "", `"" is no number in plain decimal digits`},
		{whole, " 5", `" 5" is no number in plain decimal digits`},
	} {
		require.EqualError(t, c.read(c.text), c.says)
	}
}

// Every accepted text has the value that an exact reader of decimal numbers gives it. No text causes a panic.
func TestNothingIsReadAsAnotherNumber(t *testing.T) {
	digits := rapid.StringMatching(`[-+]?[0-9]{0,4}[.,_xobe]?[0-9]{0,4}(ms|s|k|KiB|M)?`)
	rapid.Check(t, func(r *rapid.T) {
		text := digits.Draw(r, "text")
		ParseSize(text)
		ParseRate(text)
		if d, err := ParseTime(text); err == nil && d != 0 {
			want, err := time.ParseDuration(text)
			require.NoError(r, err)
			require.Equal(r, want, d)
		}
		v, err := Decimal(text)
		if err != nil {
			return
		}
		exact, ok := new(big.Rat).SetString(text)
		require.True(r, ok, text)
		want, _ := exact.Float64()
		require.Equal(r, want, v)
	})
}
