// Package servers serves one trivial protocol with many concurrency designs, one file a design. All
// send back what they receive in upper case. They differ in how they wait, and for whom, and two
// files side by side show nothing else (socketbench code sequential goroutine).
//
// # Reading order
//
// Begin with the four trunks. [Sequential] serves one connection after another. [Goroutine] is the
// same file with the word go in it. [Pool] queues connections for a fixed number of workers.
// [Deadline] lets one goroutine visit every connection in turn. Each of the others grew from an
// earlier design, which its entry in the registry names under After; the difference between the two
// files is the lesson. Every file opens with four paragraphs (how it waits, what it costs, where it
// breaks, what to watch for) and has the same regions in the same order: listen, accept, dispatch,
// read, reply, drain.
//
// Designs share code in packages of its own. Package blocking has the conversation of designs that
// wait in a read, package eventloop the connections of designs that wait for events. The two share
// no code, because an adapter would hide the difference. Package config has the settings of all
// designs.
//
// # From Python's socket module
//
// The table gives the Go names of the calls that a course on Python's sockets uses. Package net
// makes the system calls itself; the raw designs call package golang.org/x/sys/unix, which uses the
// names of C.
//
//	Python                        Go, package net                       by system call
//	socket() bind() listen(),     net.Listen("tcp", addr)               unix.Socket, Bind, Listen
//	create_server()
//	accept()                      ln.Accept()                           unix.Accept4
//	connect(),                    net.Dial("tcp", addr)                 unix.Connect
//	create_connection()
//	connect_ex()                  the error of net.Dial                 the errno of unix.Connect
//	recv(n)                       conn.Read(buf)                        unix.Read, unix.Recvfrom
//	recv() == b""                 err == io.EOF: the peer has sent all  n == 0
//	send(data)                    none: see sendall                     n may be less than len(data)
//	sendall(data)                 conn.Write(data)                      a loop over unix.Write
//	sendfile(file)                io.Copy(conn, file)                   unix.Sendfile
//	AF_UNIX                       net.Listen("unix", path)              unix.SockaddrUnix
//	SOCK_DGRAM                    net.ListenPacket("udp", addr)         unix.SOCK_DGRAM
//	recvfrom()                    pc.ReadFrom(buf)                      unix.Recvfrom
//	sendto(data, addr)            pc.WriteTo(data, addr)                unix.Sendto
//	getpeername()                 conn.RemoteAddr()                     unix.Getpeername
//	getsockname()                 conn.LocalAddr(), ln.Addr()           unix.Getsockname
//	setsockopt(), getsockopt()    SetNoDelay, SetKeepAlive,             unix.SetsockoptInt,
//	                              SyscallConn                           unix.GetsockoptInt
//	setblocking(False)            always so internally; set a deadline  unix.SetNonblock
//	settimeout(s)                 conn.SetDeadline(time.Now().Add(s)):  poll, select or epoll with a
//	                              a point in time, for all later calls  timeout
//	gettimeout()                  none: remember the deadline           -
//	fileno()                      conn.SyscallConn(); File() copies it  the int itself
//	makefile()                    bufio.NewReader(conn); conn is an     -
//	                              io.Reader and io.Writer already
//	shutdown(SHUT_WR)             conn.(*net.TCPConn).CloseWrite()      unix.Shutdown
//	close()                       conn.Close()                          unix.Close
//	select.select(...)            a goroutine for each connection; Go's unix.Select
//	                              select is about channels
//
// Python raises an exception where Go returns an error; errors.Is(err, ...) tells which error it
// is:
//
//	TimeoutError                  os.ErrDeadlineExceeded
//	BlockingIOError               none: the goroutine waits             unix.EAGAIN
//	ConnectionRefusedError        syscall.ECONNREFUSED
//	ConnectionResetError          syscall.ECONNRESET
//	BrokenPipeError               syscall.EPIPE
//	OSError: address in use       syscall.EADDRINUSE
//
// # Lessons of the course
//
// Each lesson is a test in lessons_test.go or udp_test.go.
//
//   - An empty send sends nothing and gets no reply, because a stream has no empty messages. A client
//     that waits for the reply waits for ever (socketbench talk, then Enter).
//   - Messages have no boundaries: three sends may arrive in one read, and one send in several. A
//     stream keeps bytes and their order; the line and length framings mark where a message ends.
//   - A client that disconnects ends its conversation and not the server. A read of 0 bytes means that
//     the peer has closed; a server that goes on reading spins.
//   - After one client the next is served: accept is called again.
//   - A second client of [Sequential] connects, because the kernel completes handshakes for the backlog,
//     and the kernel takes its bytes. It waits for its reply until the first client has left.
//   - A write may be short. Package net finishes it; a raw design must remember the rest.
//   - A deadline in the past fails before the system call: polling with time.Now() never reads.
//   - A datagram has boundaries and no guarantee: an empty one is a message, and the loss of one
//     is not reported.
//
// # The figures in the essays
//
// The essays compare designs and give no times, because a system call takes three times as long
// on one machine as on another. Each comparison has an entry in experiments/findings/claims.yaml
// that names the measurement; a test fails when a run that is kept contradicts the sentence.
// README and experiments/FINDINGS.md have the figures. To compare designs on your machine,
// measure them (socketbench run latency DESIGN DESIGN). Memory is the resident memory for each of
// 10,000 connections that are silent, or were answered once (go run ./.ci/bars memory). It does
// not include the kernel's memory for a socket.
//
// # Writing your own
//
// A [Server] is one method. An [Entry] gives it a name, its [Traits] say what it promises, and
// cmd.Main takes your entries from a main of ten lines in your own repository. One call of
// socketbench/servers/servertest tests it. [Config] has fields for the limits that a server on an
// open network needs: the longest request, the connections admitted at once, and the longest
// silence.
package servers
