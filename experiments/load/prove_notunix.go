//go:build !unix

package load

import (
	"context"
	"errors"
	"time"
)

func halt(context.Context, int, time.Duration) (time.Duration, error) {
	return 0, errors.New("stopping a process needs the signal SIGSTOP, which this platform lacks")
}
