package report

import (
	"slices"
	"strings"

	"socketbench/experiments/quote"
)

// A table is what every format knows how to write.
type table struct {
	Caption string
	Columns []column
	Rows    [][]cell
	Note    string // below it
}

// column is the head of a column.
type column struct {
	Head string
	Tip  string // what it means, in a sentence
	Text bool   // holds words, not figures: aligned to the left
}

// cell is one entry, in words.
type cell struct {
	Text  string
	Class string  // "", or one of good, bad, doubt, soft, name
	Tip   string  // more of it, for those who ask
	Share float64 // of a bar behind the figure, 0..1; a negative one: no bar
	Hue   string  // the family whose colour it has; "": none
}

func plain(s string) cell { return cell{Text: s, Share: -1} }

func named(s, class string) cell { return cell{Text: s, Class: class, Share: -1} }

// printable is t with what nobody can see in a cell quoted.
func (t table) printable() table {
	rows := make([][]cell, len(t.Rows))
	for i, r := range t.Rows {
		rows[i] = slices.Clone(r)
		for k := range r {
			rows[i][k].Text = quote.Text(r[k].Text)
		}
	}
	t.Rows = rows
	return t
}

// contains reports whether what holds of the text of a cell.
func (t table) contains(what func(text string) bool) bool {
	return slices.ContainsFunc(t.Rows, func(r []cell) bool {
		return slices.ContainsFunc(r, func(c cell) bool { return what(c.Text) })
	})
}

// says reports whether a cell contains the words.
func (t table) says(words string) bool {
	return t.contains(func(text string) bool { return strings.Contains(text, words) })
}

func (t table) empty() bool { return len(t.Rows) == 0 }
