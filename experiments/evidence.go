package experiments

import (
	_ "embed"
	"go/doc/comment"
	"go/parser"
	"go/token"
)

//go:embed doc.go
var docFile string

// Evidence is the documentation of this package as text for a terminal of so many columns: the words and the
// rules of evidence. It is made from the package comment, so that both say the same.
func Evidence(columns int) (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", docFile, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		return "", err
	}
	var p comment.Parser
	printer := comment.Printer{TextWidth: columns}
	return string(printer.Text(p.Parse(file.Doc.Text()))), nil
}
