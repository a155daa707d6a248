package agent

import (
	"context"
	"time"
)

// drainPatience is how much longer than its own limit a server may take to drain.
const drainPatience = 5 * time.Second

// DrainLimit is how long a server with that time to drain may take, with some patience; 0 is its default.
func DrainLimit(own time.Duration) time.Duration {
	if own <= 0 {
		own = 5 * time.Second
	}
	return own + drainPatience
}

// drain tells the server to stop, once, and reports whether it did.
func (t *trial) drain(ctx context.Context) bool {
	if t.told {
		return t.ending.Stopped
	}
	t.told = true
	select {
	case <-t.server.Died():
		t.ending.Died = true
		return false
	default:
	}
	limit := DrainLimit(t.order.Config.DrainTimeout)
	// A run that is interrupted still ends its server; only the waiting is cut short.
	if ctx.Err() != nil {
		limit = drainPatience
	}
	drained, err := t.server.Drain(context.WithoutCancel(ctx), limit)
	t.ending.Drained = drained
	switch {
	case err != nil:
		select {
		case <-t.server.Died():
			t.ending.Died = true
		default:
			t.ending.Undrained = err.Error()
		}
		return false
	case drained.Error != "":
		t.ending.Undrained = drained.Error
	}
	t.ending.Stopped = true
	return true
}
