package servers

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
