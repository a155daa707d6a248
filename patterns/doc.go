// Package patterns is the concurrency vocabulary of the servers. Each package below it is one idea,
// knows nothing of the protocol, and can be read and used by itself. This package only embeds their
// source, so that a view of a server can show the patterns that it uses.
//
// # Reading order
//
// The servers that use a pattern are named after the semicolon.
//
//	listen     the accept loop, and a listener taken out of the runtime's poller; every server
//	drain      stopping without losing a reply; every server but event loops, udp and netpoll
//	sweep      many sockets visited in turn by one goroutine; deadline, tryread
//	limit      at most so many at once, and the rest wait; limited, thread
//	pool       fixed workers behind a bounded queue; pool, dispatch
//	pipeline   stages joined by bounded channels; pipeline
//	mailbox    many senders, one owner; owner
//	nonblock   reading and writing without waiting; tryread, borrow and every event loop but uring
//	reactor    readiness: epoll, poll and select behind one small Poller; select, poll, epoll and
//	           the designs that grew from epoll
//	proactor   completion: an io_uring ring; uring
//	proc       what the kernel knows about processes, and the CPUs on which they run; child
//	child      a process that exchanges values with its parent and ends with it; prefork
//	prefork    child processes that share a port; prefork
//	overflow   counting the datagrams that the system dropped; udp
//
// # What a dispatch costs
//
// The cost, in ns, of handing a task to another goroutine. Streamed: tasks are handed over one
// after another, and the caller waits for all of them at the end. Answered: the caller waits for
// each task before it hands over the next. This adds the way back, and each task wakes a goroutine
// that sleeps, as in a server that is not busy. A go statement without a bound costs most: when
// tasks are streamed, thousands of goroutines and their stacks pile up.
//
//	by                                     streamed  answered  allocations
//	a call, done in place                        60        41            0
//	sweep.Ring, visited by its owner             83        66            0
//	a go statement                             1762       320            0
//	limit.Gate and a go statement              1115       378            1
//	a channel to one worker                     128       358            0
//	mailbox.Box, read by its owner               90       295            0
//	pool.Pool of 8 (pond's Go)                  178       429            1
//
//	go1.26.8, linux/amd64, 2 CPUs
//
// This command makes the table:
//
//	go generate ./patterns
package patterns

//go:generate go test -run TestDispatchTable -update .
