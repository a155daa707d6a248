//go:build !race

package servertest

// raceEnabled leaves the heavy cases out if the race detector watches every access to memory.
const raceEnabled = false
