//go:build !linux

package address

// LongestPath is how many bytes the path of a unix socket may have: sun_path has 104 on the BSDs and on
// Darwin, with the zero byte that ends it, and 108 on Windows.
const LongestPath = 103
