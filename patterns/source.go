package patterns

import "embed"

// Files is the source of the patterns without their tests, so that a view of a server can show the
// patterns that it uses. Paths are relative to this package, such as "listen/listen.go". The two
// globs match the names that do not end in "st.go", so a pattern's file must not end in these
// letters.
//
//go:embed */*[^t].go */*[^s]t.go
var Files embed.FS
