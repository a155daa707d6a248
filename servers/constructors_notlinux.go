//go:build !linux

package servers

import (
	"context"
	"net"
)

var newEpoll, newEpolledge, newMultiepoll, newReuseport, newHalfsync, newLeader,
	newUring, newPrefork, newNetpoll func(Config) Server

// probes is empty: the designs that need one are not available here.
var probes map[string]func() error

// PreforkChild does nothing: prefork is not available here, so there are no child processes.
func PreforkChild(context.Context, net.Listener, []byte, func([]byte)) {}
