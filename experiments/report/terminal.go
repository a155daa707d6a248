package report

import (
	"strings"

	"socketbench/experiments/quote"
	"socketbench/experiments/report/wrap"
)

func newTerminal(in Input) terminal {
	t := terminal{width: in.Width, paint: in.Paint}
	if t.width == 0 {
		t.width = 80
	}
	if t.paint == nil {
		t.paint = func(_, s string) string { return s }
	}
	return t
}

// terminal writes words and tables that keep within a width. Text of others, such as the names of servers, is quoted
// before it is coloured.
type terminal struct {
	b     strings.Builder
	width int
	paint Paint
}

func (t *terminal) line(s string) { t.b.WriteString(strings.TrimRight(s, " ") + "\n") }

func (t *terminal) paragraph(class, s string) { t.hanging("", class, s) }

// hanging writes words after a prefix. Further lines are indented by the width of the prefix.
func (t *terminal) hanging(prefix, class, s string) {
	indent := wrap.Width(prefix)
	lead := prefix
	for _, l := range wrap.Words(quote.Lines(s), t.width-indent) {
		if class != "" {
			l = t.paint(class, l)
		}
		if class != "" && strings.TrimSpace(lead) != "" {
			lead = t.paint(class, lead)
		}
		t.line(lead + l)
		lead = strings.Repeat(" ", indent)
	}
}

// lastWords writes the last lines of a server's standard error.
func (t *terminal) lastWords(words []string) {
	if len(words) == 0 {
		return
	}
	t.hanging("  ", "soft", "its last words:")
	for _, w := range words {
		t.hanging("  | ", "", w)
	}
}

// barColumns is the length of the longest bar.
const barColumns = 6

var eighths = []rune(" ▏▎▍▌▋▊▉█")

// bar draws a share of one.
func bar(share float64) string {
	n := int(share*barColumns*8 + 0.5)
	s := strings.Repeat("█", n/8)
	if n%8 > 0 {
		s += string(eighths[n%8])
	}
	return s
}

// nameShare is how much of the width the names in the first column may take, in percent. A longer name, such as a
// command, continues on the next line.
const nameShare = 40

// leastColumn is the least width of a column of words, on however narrow a terminal.
const leastColumn = 8

// table writes a table, its heads wrapped over as many lines as they need. A table that is too wide continues below
// itself, with its first column repeated.
func (t *terminal) table(tab table, bars bool) {
	tab = tab.printable()
	n := len(tab.Columns)
	widths := make([]int, n)
	for i, c := range tab.Columns {
		for _, word := range strings.Fields(c.Head) {
			widths[i] = max(widths[i], wrap.Width(word))
		}
		for _, r := range tab.Rows {
			widths[i] = max(widths[i], wrap.Width(r[i].Text))
		}
	}
	widths[0] = min(widths[0], t.width*nameShare/100)
	for i := 1; i < n; i++ { // words that are wider than what is left beside a name go on below
		widths[i] = min(widths[i], max(t.width-widths[0]-2, leastColumn))
	}
	for from := 1; from < n; {
		columns, total := []int{0}, widths[0]
		for ; from < n && (len(columns) == 1 || total+2+widths[from] <= t.width); from++ {
			columns = append(columns, from)
			total += 2 + widths[from]
		}
		t.columns(tab, columns, widths, bars && from == n && total+2+barColumns <= t.width)
		if from < n {
			t.line("")
		}
	}
	if tab.Note != "" {
		t.paragraph("soft", tab.Note)
	}
}

// columns writes some columns of a table.
func (t *terminal) columns(tab table, columns, widths []int, bars bool) {
	heads := make([][]string, len(columns))
	tall := 0
	for i, c := range columns {
		heads[i] = wrap.Words(tab.Columns[c].Head, widths[c])
		tall = max(tall, len(heads[i]))
	}
	for l := range tall {
		var line []string
		for i, c := range columns {
			word := ""
			if k := l - (tall - len(heads[i])); k >= 0 {
				word = heads[i][k]
			}
			line = append(line, align(word, widths[c], tab.Columns[c].Text))
		}
		t.line(t.paint("soft", strings.TrimRight(strings.Join(line, "  "), " ")))
	}
	for _, r := range tab.Rows {
		cells, tall := make([][]string, len(columns)), 1 // the lines of each
		for i, c := range columns {
			if cells[i] = []string{r[c].Text}; i == 0 || wrap.Width(r[c].Text) > widths[c] {
				cells[i] = wrap.Words(r[c].Text, widths[c])
			}
			tall = max(tall, len(cells[i]))
		}
		for l := range tall {
			t.line(t.tableLine(tab, r, columns, widths, cells, l, bars))
		}
	}
}

// tableLine is one line of a row. The first has all columns; further ones continue the cells that need more than one line.
func (t *terminal) tableLine(tab table, row []tableCell, columns, widths []int, cells [][]string, l int, bars bool) string {
	var line []string
	tail := ""
	last := len(columns) - 1
	for ; l > 0 && len(cells[last]) <= l; last-- {
	}
	for i, c := range columns[:last+1] {
		text, class := "", row[c].Class
		if l < len(cells[i]) {
			text = cells[i][l]
		}
		if i < last || l == 0 || !tab.Columns[c].Text { // else nothing follows
			text = align(text, widths[c], tab.Columns[c].Text)
		}
		if class == "name" {
			class = row[c].Hue
		}
		if class != "" && (l == 0 || l < len(cells[i])) {
			text = t.paint(class, text)
		}
		line = append(line, text)
		if bars && l == 0 && row[c].Share >= 0 {
			tail = "  " + t.paint(row[c].Hue, bar(row[c].Share))
		}
	}
	return strings.Join(line, "  ") + tail
}

func align(s string, width int, left bool) string {
	if left {
		return wrap.Pad(s, width)
	}
	return strings.Repeat(" ", max(width-wrap.Width(s), 0)) + s
}

// mostProblems is how many trials with a problem are listed.
const mostProblems = 8

func (t *terminal) problems(tab table) {
	if tab.empty() {
		return
	}
	t.line("")
	t.paragraph("title", tab.Caption)
	for i, r := range tab.Rows {
		if i == mostProblems {
			t.hanging("- ", "soft", "more are listed in report.html")
			break
		}
		blocks := ", block "
		if strings.Contains(r[1].Text, ",") {
			blocks = ", blocks "
		}
		t.hanging("- ", "", r[0].Text+blocks+r[1].Text+": "+r[2].Text)
	}
}
