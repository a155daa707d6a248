package experiments

import _ "embed"

//go:embed FINDINGS.md
var published string

// Published is the text of FINDINGS.md: what was predicted of each experiment, and what the published runs found.
func Published() string { return published }
