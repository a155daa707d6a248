//go:build unix

package load

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// halt stops a process for so long and returns how long it was in truth.
func halt(ctx context.Context, pid int, d time.Duration) (time.Duration, error) {
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return 0, fmt.Errorf("process %d: %w", pid, err)
	}
	began := time.Now()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	took := time.Since(began)
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		return 0, fmt.Errorf("process %d: %w", pid, err)
	}
	return took, ctx.Err()
}
