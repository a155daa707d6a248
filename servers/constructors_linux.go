package servers

import (
	"socketbench/patterns/proactor"
	"socketbench/servers/eventloop"
)

// probes check whether the kernel lets this process use what a design needs.
var probes = map[string]func() error{
	"uring": func() error { return proactor.Probe(eventloop.RingEntries) },
}

// Constructors of the designs that need Linux.
var (
	newEpoll      = NewEpoll
	newEpolledge  = NewEpolledge
	newMultiepoll = NewMultiepoll
	newReuseport  = NewReuseport
	newHalfsync   = NewHalfsync
	newLeader     = NewLeader
	newUring      = NewUring
	newPrefork    = NewPrefork
	newNetpoll    = NewNetpoll
)
