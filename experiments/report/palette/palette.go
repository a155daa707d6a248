// Package palette holds the colours of reports and pictures: a hue for every family of designs, which readers with any
// kind of colour vision can tell apart, and a dash pattern for every member, so that no line is recognised by its colour
// alone. The colours are CSS variables with a light and a dark value.
package palette

import (
	"fmt"
	"strings"
)

// Colour is a CSS variable with its two values, as six hexadecimal digits.
type Colour struct {
	Name        string
	Light, Dark string
}

// Ground are the colours of backgrounds, text and signs.
var Ground = []Colour{
	{"paper", "#ffffff", "#14171a"},
	{"raised", "#f6f7f8", "#1d2126"},
	{"ink", "#1a1d21", "#e8eaed"},
	{"soft", "#565d66", "#a4acb6"}, // secondary text
	{"rule", "#d5d9de", "#383e46"}, // grid lines and borders
	{"link", "#0b5cad", "#7db8f5"},
	{"good", "#0a6b49", "#5cc79b"},
	{"bad", "#b3261e", "#ff8f85"},
	{"doubt", "#7a5c00", "#dfb848"},
	{"floor", "#e3e6ea", "#2b3037"}, // the band of noise
	{"wait", "#e9a23b", "#b87414"},  // waiting, in lanes
	{"serve", "#0b62a8", "#6db3f2"}, // being answered, in lanes
}

// Families are the hues, by the name of a family of the registry.
var Families = []Colour{
	{"blocking", "#ba3c0b", "#f87459"},
	{"goroutines", "#103f93", "#5a86e4"},
	{"pools", "#af8615", "#e8be53"},
	{"polling", "#6b2e55", "#b1659a"},
	{"readiness", "#178d6c", "#8be4bc"},
	{"completion", "#246683", "#50a8c1"},
	{"processes", "#8e7ec9", "#d3bdf5"},
	{"datagrams", "#4b4705", "#798523"},
	{"libraries", "#4b5158", "#b3bac2"},
	{"other", "#7c838b", "#8b939c"}, // foreign servers, and families unknown here
}

// Text is the colour of words in a family's hue, --c, mixed with the ink so that small letters are readable.
const Text = "color-mix(in srgb,var(--c,var(--ink)) 60%,var(--ink))"

// Family returns the name of a family's colour.
func Family(name string) string {
	for _, f := range Families {
		if f.Name == name {
			return name
		}
	}
	return "other"
}

// Dashes are the line patterns of the members of a family, in order. After the last, they repeat.
var Dashes = []string{"", "7 3", "2 3", "9 3 2 3", "4 2 1 2 1 2", "12 4"}

// Dash returns the pattern of the n-th member, from 0.
func Dash(n int) string { return Dashes[n%len(Dashes)] }

// CSS returns the variables: light ones, and dark ones for screens of readers whose system asks for them. An element of
// the class "name" has its Text colour in --name.
func CSS() string {
	light, dark := vars(func(c Colour) string { return c.Light }), vars(func(c Colour) string { return c.Dark })
	return fmt.Sprintf(":root{color-scheme:light dark;%s}\n@media screen and (prefers-color-scheme:dark){:root{%s}}\n.name{--name:%s}\n", light, dark, Text)
}

func vars(value func(Colour) string) string {
	var b strings.Builder
	for _, list := range [][]Colour{Ground, Families} {
		for _, c := range list {
			fmt.Fprintf(&b, "--%s:%s;", c.Name, value(c))
		}
	}
	return b.String()
}
