package report_test

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"

	"socketbench/experiments/report"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// A run is loaded, judged and written. Of the report, this prints the question and the outcome of the predictions.
func ExampleWrite() {
	run, err := result.Load("testdata/quick")
	if err != nil {
		fmt.Println(err)
		return
	}
	analysis, err := verdict.Judge(run)
	if err != nil {
		fmt.Println(err)
		return
	}
	var b bytes.Buffer
	if err := report.Write("text", &b, report.Input{Run: run, Analysis: analysis, Width: 100}); err != nil {
		fmt.Println(err)
		return
	}
	for lines := bufio.NewScanner(&b); lines.Scan(); {
		if line := lines.Text(); strings.HasPrefix(line, "Who gets") || strings.Contains(line, "predictions:") {
			fmt.Println(line)
		}
	}
	// Output:
	// Who gets an answer when clients that say nothing stand in front, and what does an answer cost?
	// 6 predictions: 6 hold.
}
