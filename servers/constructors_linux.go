package servers

import (
	"socketbench/patterns/proactor"
	"socketbench/servers/eventloop"
)

// probes ask the system for what a design needs and a kernel may refuse to a process.
var probes = map[string]func() error{
	"uring": func() error { return proactor.Probe(eventloop.RingEntries) },
}

// Constructors of designs that need Linux.
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
