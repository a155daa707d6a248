// Package prefork serves one listening socket from several processes: a parent that binds it and
// never accepts, and children that inherit it. The kernel gives each connection to the child that
// accepts it first. A child that crashes does not affect the others.
//
// A child is this program, started again. [Child], called as the first line of main and of
// TestMain, detects whether the process is a child. Children need Linux, where they end with their
// parent.
package prefork

import (
	"context"
	"net"
	"time"
)

// Serve is the work of a child: it serves ln, which it owns, until ctx ends, and then returns.
// job is what the parent has sent it. tell sends a report to the parent; any goroutine may call it
// until Serve returns. Jobs and reports cross a pipe as JSON.
type Serve[Job, Report any] func(ctx context.Context, ln net.Listener, job Job, tell func(Report))

// Options say how many children there are and what they do. Children and Job must be set.
type Options[Job, Report any] struct {
	Children int
	// Job returns the job of a child, by its index. It is called each time that child is started.
	Job func(child int) Job
	// Heard is called with each report of a child; it may be nil. Calls do not overlap.
	Heard func(child int, report Report)
	// Died is called, from any goroutine, when a child has ended although it was not told to, and
	// before another is started in its place; it may be nil. The error how is nil if the exit
	// status was 0.
	Died func(child, pid int, how error)
	// Patience is how long a child may take to end after it was told to; then it is killed. 0: 10 s.
	Patience time.Duration
}
