//go:build !race

package servertest

// raceEnabled leaves the heavy cases out where every access to memory is watched.
const raceEnabled = false
