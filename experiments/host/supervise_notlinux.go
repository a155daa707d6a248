//go:build !linux

package host

import (
	"errors"
	"os"
	"time"
)

// Foreign servers are started on Linux only: who listens on a port is read from its /proc, because a connection to find
// out would use up a server that accepts one client. Elsewhere look refuses, and nothing else here is reached.

func look(string, int, bool) (sight, error) {
	return sight{}, errors.New("host: foreign servers are started on Linux only")
}

func adoptOrphans()                                     {}
func killDescendants()                                  {}
func killTree(int)                                      {}
func endServing(string, int, []int, time.Duration) bool { return true }
func endRest(time.Duration)                             {}
func alive(int) bool                                    { return true }
func anyBelow() bool                                    { return false }
func noneBelow() bool                                   { return true }
func usedBelow() time.Duration                          { return 0 }
func rootOf([]int) int                                  { return 0 }
func awaitEnd(_ int, otherwise <-chan struct{})         { <-otherwise }
func statusOf([]int, int) string                        { return "" }
func shellStatus(s *os.ProcessState, _ bool) string     { return s.String() }
