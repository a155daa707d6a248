// Package report writes down what a run found, for people and for other programs. A report is put together once,
// as a model: sentences, tables and the data of charts, in the order in which a reader needs them. The formats write
// that model and compute nothing.
//
// [Write] takes a run as package result loads it and what package verdict concludes from it; [Save] puts every format
// beside the run's own files. [List] and [WriteIndex] are for a directory of runs, [WriteComparison] is for two runs,
// and [Readme] keeps the figures in the project's README.
package report

import (
	"fmt"
	"io"
	"strings"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// Input is what a report is made of.
type Input struct {
	Run      result.Run       // samples are read from its directory, by Write
	Analysis verdict.Analysis // what can be concluded from it
	Registry servers.Registry // families and ideas of the designs; nil: servers.All()
	Width    int              // columns of the format text; 0: 80
	Paint    Paint            // colours of the format text; nil: none
	Gate     *verdict.Gate    // the outcome of the bounds that the caller set, for the format json; nil: none

	Published   string // how far the run agrees with published ones, for the format text; "": nothing is said of it
	WithoutCode bool   // leave the code of the designs out of the format html
}

// Paint colours s for a terminal. The class is "good", "bad", "doubt", "soft", "title" or the name of a
// family of designs.
type Paint func(class, s string) string

// Format is one way to write a report. [Write] takes its name.
type Format struct {
	Name  string
	File  string // its file in a results directory; "": it is only printed
	About string
	write func(io.Writer, page, Input) error
}

// Formats lists all formats, in the order of `report --format`.
var Formats = []Format{
	{"text", "", "for a terminal", writeText},
	{"html", "report.html", "one page for a browser, offline, with charts", writeHTML},
	{"md", "report.md", "Markdown, for a pull request", writeMarkdown},
	{"csv", "results.csv", "a row for each trial and metric", writeCSV},
	{"bench", "bench.txt", "Go benchmark format, for benchstat", writeBench},
	{"json", "", "all that the text says, with the figures behind it, for other programs", writeJSON},
}

// Names returns the names of all formats.
func Names() []string {
	names := make([]string, len(Formats))
	for i, f := range Formats {
		names[i] = f.Name
	}
	return names
}

// Write writes a report of in to w. Histograms and samples that cannot be read are named in the report's warnings.
// An error is that of w or says that the format is unknown.
func Write(format string, w io.Writer, in Input) error {
	for _, f := range Formats {
		if f.Name == format {
			return f.write(w, newPage(in), in)
		}
	}
	return fmt.Errorf("report: no format %q; there are %s", format, strings.Join(Names(), ", "))
}
