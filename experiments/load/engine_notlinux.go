//go:build !linux

package load

import (
	"errors"
	"sync/atomic"
)

// BestEngine is the best engine of this platform.
const BestEngine = EnginePortable

func newEpoll(*workload, target, int, int, *atomic.Bool) (engine, error) {
	return nil, errors.New("load: engine \"epoll\" needs Linux; leave it out")
}
