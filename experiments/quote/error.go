package quote

import "regexp"

// internal are the packages that begin their errors with their own name, as libraries do. Commands of the same name, such as
// load and report, are not among them: there it is the command that speaks.
var internal = regexp.MustCompile(`(?m)(^|: )(?:(?:catalog|experiments|foreign|host|plan|result|scenes|spec|verdict): )+`)

// Error writes an error for a person: without the names of the packages that it came through, which mean nothing to a
// user.
func Error(err error) string { return internal.ReplaceAllString(err.Error(), "$1") }
