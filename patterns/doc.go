// Package patterns is the concurrency vocabulary that the servers are written in. Each package
// below it is one idea, knows nothing of the protocol, and can be read and used alone. This package
// itself holds only their source, for views that open a pattern in place.
//
// # Reading order
//
//	listen     the accept loop, and a listener taken away from the runtime; every server
//	drain      ending without losing an answer; every server that has goroutines for connections
//	sweep      many sockets visited in turn by one goroutine; deadline, tryread
//	limit      so many at once, the rest wait at the gate; limited
//	pool       fixed workers behind a bounded queue; pool, dispatch
//	pipeline   stages joined by bounded channels; pipeline
//	mailbox    many senders, one owner; owner
//	nonblock   reading and writing without waiting; tryread, borrow and every event loop but uring
//	reactor    readiness: epoll, poll and select behind one small Poller; select, poll, epoll and what
//	           grew from it
//	proactor   completion: an io_uring ring; uring
//	prefork    child processes that share a port; prefork
//
// # What a dispatch costs
//
// The cost, in ns, of handing a task to another goroutine. Streamed: one task after another is handed
// over, and all are waited for at the end. Answered: each is waited for before the next is handed
// over, which adds the way back, and wakes a goroutine that sleeps each time, as a server that is
// not busy does. A go statement costs most where nothing bounds it: streamed, thousands of
// goroutines pile up, and their stacks with them.
//
//	by                                     streamed  answered  allocations
//	a call, done in place                        60        41            0
//	sweep.Ring, visited by its owner             83        66            0
//	a go statement                             1762       320            0
//	limit.Gate and a go statement              1115       378            1
//	a channel to one worker                     128       358            0
//	mailbox.Box, opened by its owner             90       295            0
//	pool.Pool of 8 (pond's Go)                  178       429            1
//
//	go1.26.8, linux/amd64, 2 CPUs
//
// The table is made by the command
//
//	go generate ./patterns
package patterns

//go:generate go test -run TestDispatchTable -update .
