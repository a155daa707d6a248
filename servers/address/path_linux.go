package address

// LongestPath is how many bytes the path of a unix socket may have: sun_path has 108 with the zero byte that
// ends it, see unix(7).
const LongestPath = 107
