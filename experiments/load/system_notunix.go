//go:build !unix

package load

// descriptorLimit is not known here: Windows has none worth naming.
func descriptorLimit() int { return 0 }
