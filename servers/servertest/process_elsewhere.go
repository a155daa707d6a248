//go:build !linux

package servertest

import (
	"context"
	"errors"
	"net"
	"time"
)

// seesProcesses says whether descriptors, CPU time and memory of a process can be read here. They are
// read from /proc: elsewhere the cases that need them are skipped.
const seesProcesses = false

func descriptors(int) int { return -1 }
func resident(int) int    { return 0 }
func tasks(int) int       { return 0 }
func mayOpen() int        { return 0 } // unknown

func watch(int, time.Duration) (used, running float64) { return 0, 0 }
func noDelay(int, net.Addr) (on, found bool)           { return false, false }
func sendUrgent(net.Conn, byte) error                  { return errors.ErrUnsupported }
func acknowledge(net.Conn)                             {}
func narrow(net.Listener)                              {}

func resets(context.Context, string, int, []byte, time.Duration) error { return errors.ErrUnsupported }
