package palette

import (
	"fmt"
	"math"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

type rgb [3]float64 // linear light, 0..1

func parse(t *testing.T, hex string) (c rgb) {
	require.Len(t, hex, 7)
	for i := range c {
		v, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		require.NoError(t, err)
		s := float64(v) / 255
		if s <= 0.04045 {
			c[i] = s / 12.92
		} else {
			c[i] = math.Pow((s+0.055)/1.055, 2.4)
		}
	}
	return c
}

// contrast is that of WCAG 2.
func contrast(a, b rgb) float64 {
	l := func(c rgb) float64 { return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2] }
	hi, lo := max(l(a), l(b)), min(l(a), l(b))
	return (hi + 0.05) / (lo + 0.05)
}

// oklab is Ottosson's colour space, in which equal distances look equally different.
func oklab(c rgb) [3]float64 {
	l := math.Cbrt(0.4122214708*c[0] + 0.5363325363*c[1] + 0.0514459929*c[2])
	m := math.Cbrt(0.2119034982*c[0] + 0.6806995451*c[1] + 0.1073969566*c[2])
	s := math.Cbrt(0.0883024619*c[0] + 0.2817188376*c[1] + 0.6299787005*c[2])
	return [3]float64{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

// seen are the matrices of Machado, Oliveira and Fernandes (2009) at full severity.
var seen = map[string][3][3]float64{
	"full":         {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

func look(m [3][3]float64, c rgb) (o rgb) {
	for i := range o {
		for j := range c {
			o[i] += m[i][j] * c[j]
		}
		o[i] = min(max(o[i], 0), 1)
	}
	return o
}

func distance(a, b rgb) float64 {
	x, y := oklab(a), oklab(b)
	return math.Sqrt((x[0]-y[0])*(x[0]-y[0])+(x[1]-y[1])*(x[1]-y[1])+(x[2]-y[2])*(x[2]-y[2])) * 100
}

// Readers with any colour vision can tell families apart, in light and in dark: a distance of 2 is just noticeable.
func TestHuesAreToldApart(t *testing.T) {
	hues := []string{"blocking", "goroutines", "pools", "polling", "readiness", "completion", "processes", "datagrams"}
	for name, m := range seen {
		for _, pick := range []func(Colour) string{func(c Colour) string { return c.Light }, func(c Colour) string { return c.Dark }} {
			colours := map[string]rgb{}
			for _, f := range Families {
				colours[f.Name] = look(m, parse(t, pick(f)))
			}
			for i, a := range hues {
				for _, b := range hues[:i] {
					least := 6.0 // beyond the trunks, which stand side by side in most charts
					if i < 5 {
						least = 9
					}
					require.Greater(t, distance(colours[a], colours[b]), least, "%s: %s %s and %s %s", name, a, pick(find(a)), b, pick(find(b)))
				}
			}
		}
	}
}

func find(name string) Colour {
	for _, f := range Families {
		if f.Name == name {
			return f
		}
	}
	return Colour{}
}

// mixed is the colour that Text mixes from a hue and the ink.
func mixed(t *testing.T, hue, ink string) rgb {
	require.Len(t, hue, 7)
	word := "#"
	for i := 1; i < 7; i += 2 {
		h, err := strconv.ParseUint(hue[i:i+2], 16, 8)
		require.NoError(t, err)
		k, err := strconv.ParseUint(ink[i:i+2], 16, 8)
		require.NoError(t, err)
		word += fmt.Sprintf("%02x", (60*h+40*k)/100)
	}
	return parse(t, word)
}

// Text has a contrast of at least 4.5:1 and lines of at least 3:1, on both kinds of background.
func TestContrast(t *testing.T) {
	ground := map[string]Colour{}
	for _, c := range Ground {
		ground[c.Name] = c
	}
	for _, on := range []string{"paper", "raised"} {
		for _, name := range []string{"ink", "soft", "link", "good", "bad", "doubt"} {
			require.GreaterOrEqual(t, contrast(parse(t, ground[name].Light), parse(t, ground[on].Light)), 4.5, "%s on %s", name, on)
			require.GreaterOrEqual(t, contrast(parse(t, ground[name].Dark), parse(t, ground[on].Dark)), 4.5, "dark %s on %s", name, on)
		}
		for _, f := range Families {
			require.Contains(t, Text, " 60%,")
			require.GreaterOrEqual(t, contrast(mixed(t, f.Light, ground["ink"].Light), parse(t, ground[on].Light)), 4.5, "name of %s on %s", f.Name, on)
			require.GreaterOrEqual(t, contrast(mixed(t, f.Dark, ground["ink"].Dark), parse(t, ground[on].Dark)), 4.5, "dark name of %s on %s", f.Name, on)
			require.GreaterOrEqual(t, contrast(parse(t, f.Light), parse(t, ground[on].Light)), 3.0, "%s on %s", f.Name, on)
			require.GreaterOrEqual(t, contrast(parse(t, f.Dark), parse(t, ground[on].Dark)), 3.0, "dark %s on %s", f.Name, on)
		}
	}
}

func TestFamilyUnknown(t *testing.T) {
	require.Equal(t, "readiness", Family("readiness"))
	require.Equal(t, "other", Family("of somebody's own"))
}
