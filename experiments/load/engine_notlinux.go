//go:build !linux

package load

import (
	"errors"
	"sync/atomic"
)

const bestEngine = EnginePortable

func newEngine(Options, target, int, int, *atomic.Bool) (player, error) {
	return nil, errors.New("load: engine \"epoll\" needs Linux; leave it out")
}
