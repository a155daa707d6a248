//go:build !linux

package servers

import (
	"context"
	"net"
)

var newEpoll, newEpolledge, newMultiepoll, newReuseport, newHalfsync, newLeader,
	newUring, newPrefork, newNetpoll func(Config) Server

// probes are of designs that are not here.
var probes map[string]func() error

// PreforkChild is what a child process of prefork does; there are none here.
func PreforkChild(context.Context, net.Listener, []byte, func([]byte)) {}
