package agent

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"socketbench/experiments/host"
)

// traceLength bounds an execution trace: a busy server writes tens of megabytes a second.
const traceLength = 200 * time.Millisecond

// profile lets the server write a profile in the window.
func (t *trial) profile(ctx context.Context, w Window) {
	var err error
	if t.outcome.Profile, err = t.record(ctx, w); err != nil {
		t.outcome.NoProfile = err.Error()
	}
}

func (t *trial) record(ctx context.Context, w Window) ([]byte, error) {
	dir, err := os.MkdirTemp("", "socketbench-profile-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if !until(ctx, w.Start) {
		return nil, context.Cause(ctx)
	}
	path := filepath.Join(dir, "profile")
	if err := t.server.Profile(ctx, w.Profile, path); err != nil {
		return nil, err
	}
	end := w.End
	if w.Profile == host.ProfileTrace {
		end = min(end, w.Start+int64(traceLength))
	}
	until(ctx, end)
	if err := t.server.Profiled(ctx); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
