package patterns

import "embed"

// Files holds the source of the patterns, so that a view of a server can open the ones it uses in
// place. Paths are below this package: "listen/listen.go". The two globs match what does not end in
// "st.go", which keeps the tests out.
//
//go:embed */*[^t].go */*[^s]t.go
var Files embed.FS
