package report

import (
	"slices"
	"strings"

	"socketbench/experiments/quote"
	"socketbench/experiments/unit"
)

// A table is what every format for people writes.
type table struct {
	Caption string
	Columns []column
	Rows    [][]tableCell
	Note    string // below it
}

// column is the head of a column.
type column struct {
	Head string
	Tip  string // what it means, in a sentence
	Text bool   // it holds words, not figures, and is aligned to the left
}

// tableCell is what stands in one row and column of a table, as text. A cell without "table" is one of the experiment.
type tableCell struct {
	Text  string
	Class string  // "", or one of good, bad, doubt, soft, name
	Tip   string  // more about it, for a reader who points at it
	Share float64 // length of a bar behind the figure, from 0 to 1; negative: no bar
	Hue   string  // the family whose colour it has; "": none
}

func plain(s string) tableCell { return tableCell{Text: s, Share: -1} }

func named(s, class string) tableCell { return tableCell{Text: s, Class: class, Share: -1} }

// absent stands in place of a figure. The tip says why there is none.
func absent(tip string) tableCell {
	return tableCell{Text: unit.None, Class: "soft", Tip: tip, Share: -1}
}

// rowHead is the name of a design at the head of its row.
func rowHead(d design) tableCell {
	return tableCell{Text: d.Label, Class: "name", Hue: d.Family, Share: -1}
}

// designTable is a table with a row for each design; entry makes the table cell of a design in a column.
func designTable(caption string, designs []design, columns []column, entry func(d design, column int) tableCell) table {
	t := table{Caption: caption, Columns: append([]column{{Head: "design", Text: true}}, columns...)}
	for _, d := range designs {
		row := []tableCell{rowHead(d)}
		for i := range columns {
			row = append(row, entry(d, i))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// withoutEmpty is t without the columns in which every table cell is empty, such as the condition in a run that has only one.
func (t table) withoutEmpty() table {
	out := table{Caption: t.Caption, Note: t.Note, Rows: make([][]tableCell, len(t.Rows))}
	for i, c := range t.Columns {
		if !slices.ContainsFunc(t.Rows, func(r []tableCell) bool { return r[i].Text != "" }) {
			continue
		}
		out.Columns = append(out.Columns, c)
		for k, r := range t.Rows {
			out.Rows[k] = append(out.Rows[k], r[i])
		}
	}
	return out
}

// printable is t with invisible characters quoted.
func (t table) printable() table {
	rows := make([][]tableCell, len(t.Rows))
	for i, r := range t.Rows {
		rows[i] = slices.Clone(r)
		for k := range r {
			rows[i][k].Text = quote.Text(r[k].Text)
		}
	}
	t.Rows = rows
	return t
}

// any reports whether holds is true of the text of any table cell.
func (t table) any(holds func(text string) bool) bool {
	return slices.ContainsFunc(t.Rows, func(r []tableCell) bool {
		return slices.ContainsFunc(r, func(c tableCell) bool { return holds(c.Text) })
	})
}

// says reports whether any table cell contains the words.
func (t table) says(words string) bool {
	return t.any(func(text string) bool { return strings.Contains(text, words) })
}

func (t table) empty() bool { return len(t.Rows) == 0 }
