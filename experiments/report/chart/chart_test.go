package chart

import (
	"encoding/xml"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/svg"
	"socketbench/experiments/unit"
)

// Whatever the values and names are, a chart is well formed, and its places are numbers.
func TestAnyChart(t *testing.T) {
	value := rapid.Float64Range(1, 1e9)
	name := rapid.StringMatching(`[a-z<&" ]{1,60}`)
	rapid.Check(t, func(t *rapid.T) {
		x := axis.Axis{Kind: rapid.SampledFrom([]axis.Kind{axis.Linear, axis.Log, axis.Ratio}).Draw(t, "kind"), Unit: "ns", Min: 1, Max: value.Draw(t, "max")}.Nice(6)
		lines, group := Lines{Title: name.Draw(t, "title"), X: x, Y: x}, Group{Name: name.Draw(t, "group")}
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			n, v := name.Draw(t, "name"), value.Draw(t, "value")
			s := Series{Name: n, Class: "s0", Mark: len(lines.Series)}
			for range rapid.IntRange(0, 3).Draw(t, "points") {
				s.Points = append(s.Points, Point{X: value.Draw(t, "x"), Y: v, Low: v / 2, High: v * 2, Tip: n, Ring: true, Gap: rapid.Bool().Draw(t, "gap"), Least: rapid.Bool().Draw(t, "least")})
			}
			lines.Series = append(lines.Series, s)
			group.Rows = append(group.Rows, Row{Name: n, Value: v, Low: v / 2, High: v * 2, Text: n, Short: "x", Absent: rapid.Bool().Draw(t, "absent")})
		}
		bars := Bars{X: x, Ratios: rapid.Bool().Draw(t, "ratios"), Groups: []Group{group}, Band: &Band{Low: 1, High: 2, Label: "noise"}}
		for _, drawn := range []string{lines.HTML(), bars.HTML()} {
			require.NotRegexp(t, `="[^"]*(NaN|Inf)`, drawn)
			var err error
			for d := xml.NewDecoder(strings.NewReader(drawn)); err == nil; {
				_, err = d.Token()
			}
			require.ErrorIs(t, err, io.EOF)
		}
	})
}

// tickText is a label of the axis below a chart: its place in percent, its class and its words.
var tickText = regexp.MustCompile(`<svg x="([0-9.]+)%" y="100%"><text class="(soft(?: roomy)?)" x="0" y="17" text-anchor="middle">([^<]+)</text>`)

// Labels of an axis do not run into each other, neither on a desk nor, where fewer are shown, on a telephone.
func TestLabelsHaveRoom(t *testing.T) {
	for _, a := range []axis.Axis{
		{Kind: axis.Percentile, Max: 0.99999},
		{Kind: axis.Log, Unit: "count", Min: 1, Max: 10_000},
		{Kind: axis.Log, Unit: "ns", Min: 10_000, Max: 90_000},
		{Kind: axis.Linear, Unit: "ns", Max: 190_000},
		{Kind: axis.Ordinal, Names: []string{"0", "10", "1,000", "10,000", "100,000", "1,000,000", "10,000,000"}},
	} {
		m := margins{60, 100, 60, 30}
		var c svg.Canvas
		axisBelow(&c, a.Nice(6), m, 100, "title")
		labels := tickText.FindAllStringSubmatch(c.String(), -1)
		for _, width := range []float64{desk - 160, phone - 90} {
			shown, free := 0, -100.0
			for _, l := range labels {
				if l[2] == "soft roomy" && width < 400 {
					continue
				}
				at, err := strconv.ParseFloat(l[1], 64)
				require.NoError(t, err)
				half := svg.Width(l[3], 12) / 2
				require.GreaterOrEqual(t, at/100*width-half, free, "%v: %s", a, l[3])
				free = at/100*width + half
				shown++
			}
			require.GreaterOrEqual(t, shown, 2, "%v, %v pixels: %s", a, width, unit.Many(len(labels), "label"))
		}
	}
}

// A name that is too long for its room is shortened, and keeps its beginning.
func TestLongNamesAreShortened(t *testing.T) {
	require.Equal(t, "goroutine", clip("goroutine", 100))
	short := clip("python3 /srv/servers/threads.py {port}", 100)
	require.Regexp(t, `^python3 /.*…$`, short)
	require.LessOrEqual(t, svg.Width(short, nameSize), 100.0)
}
