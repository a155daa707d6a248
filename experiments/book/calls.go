package book

import (
	"fmt"
	"strings"

	"socketbench/experiments/report/source"
)

// table is a table of the documentation of package servers.
type table struct {
	Head []string
	Rows [][]string
}

// calls reads the tables that lead from Python's calls and exceptions to Go's, from the documentation of package servers.
// A line continues the row above it if its first column is empty, or all others are.
func calls() (list [2]table, err error) {
	text, err := source.FileText("servers/doc.go")
	if err != nil {
		return list, err
	}
	_, text, _ = strings.Cut(text, "# From Python's socket module")
	text, _, _ = strings.Cut(text, "\n// # ")
	var starts []int
	at := -1
	inside := false
	for line := range strings.Lines(text) {
		row, is := strings.CutPrefix(strings.TrimRight(line, "\n"), "//\t")
		if !is {
			inside = false
			continue
		}
		if !inside {
			inside, at = true, at+1
			if at >= len(list) {
				break
			}
			if starts == nil {
				starts = []int{0, strings.Index(row, "Go, "), strings.Index(row, "by system call")}
				list[0].Head = columns(row, starts)
				list[1].Head = list[0].Head
				continue
			}
		}
		cells, t := columns(row, starts), &list[at]
		if n := len(t.Rows); n > 0 && (cells[0] == "" || cells[1] == "" && cells[2] == "") {
			for i, c := range cells {
				t.Rows[n-1][i] = strings.TrimSpace(t.Rows[n-1][i] + " " + c)
			}
			continue
		}
		t.Rows = append(t.Rows, cells)
	}
	if len(list[0].Rows) == 0 || len(list[1].Rows) == 0 {
		return list, fmt.Errorf("book: the documentation of package servers has no tables of Python's calls and exceptions")
	}
	return list, nil
}

func columns(row string, starts []int) []string {
	cells := make([]string, len(starts))
	for i, from := range starts {
		to := len(row)
		if i+1 < len(starts) {
			to = min(to, starts[i+1])
		}
		if from < to {
			cells[i] = strings.TrimSpace(row[from:to])
		}
	}
	return cells
}
