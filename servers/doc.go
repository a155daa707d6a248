// Package servers holds one trivial protocol served by many concurrency designs, one file a design.
// All send back what they receive in upper case; how they wait, and for whom, is what differs, and
// reading two files side by side shows nothing else (socketbench code sequential goroutine).
//
// # Reading order
//
// Begin with the four trunks. [Sequential] serves one connection after another. [Goroutine] is the
// same file with the word go in it. [Pool] queues connections for a fixed number of workers.
// [Deadline] lets one goroutine visit every connection in turn. Each of the others grew from one of
// them: its entry in the registry says After, and the difference from that file is the lesson.
// Every file opens with four paragraphs (how it waits, what it costs, where it breaks, what to
// watch for) and has the same regions in the same order: listen, accept, dispatch, read, reply,
// drain.
//
// What designs share stands in rooms of its own: blocking has the conversation of those that wait in a
// read, eventloop the life of connections in those that wait for events. The two share nothing: an
// adapter would hide what is to be seen. Package config is what all can be told.
//
// # From Python's socket module
//
// What a course on Python's sockets calls, and what it is called here. Package net makes the system
// calls out of sight; the raw designs make their own, which golang.org/x/sys/unix names as C does.
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
//	send(data)                    not there: see sendall                n may be less than len(data)
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
//	setblocking(False)            always so underneath; set a deadline  unix.SetNonblock
//	settimeout(s)                 conn.SetDeadline(time.Now().Add(s)):  poll, select or epoll with a
//	                              a moment, for all calls until then    timeout
//	gettimeout()                  not there: remember the deadline      -
//	fileno()                      conn.SyscallConn(); File() copies it  the int itself
//	makefile()                    bufio.NewReader(conn); conn is an     -
//	                              io.Reader and io.Writer already
//	shutdown(SHUT_WR)             conn.(*net.TCPConn).CloseWrite()      unix.Shutdown
//	close()                       conn.Close()                          unix.Close
//	select.select(...)            a goroutine each; select is about     unix.Select
//	                              channels, not sockets
//
// Python raises, Go returns; errors.Is(err, ...) asks which it was:
//
//	TimeoutError                  os.ErrDeadlineExceeded
//	BlockingIOError               never seen: the goroutine waits       unix.EAGAIN
//	ConnectionRefusedError        syscall.ECONNREFUSED
//	ConnectionResetError          syscall.ECONNRESET
//	BrokenPipeError               syscall.EPIPE
//	OSError: address in use       syscall.EADDRINUSE
//
// # What the course teaches, and the test that shows it
//
// Each sentence is a test in lessons_test.go.
//
//   - An empty send sends nothing and gets no reply: a stream has no empty messages. A client that waits
//     for one now waits for ever (socketbench talk, then Enter).
//   - Messages stick together and fall apart: three sends may be one read, one send several. A stream
//     keeps bytes and order, not borders; the line and length framings draw borders in it.
//   - A client that disconnects ends its conversation and not the server: an empty read means the peer
//     has closed, and a server that goes on reading then spins.
//   - After one client the next is served: accept is called again.
//   - A second client of [Sequential] connects, as the kernel completes handshakes for the backlog, and
//     its bytes are taken; but it waits for its reply until the first has gone.
//   - A write may be short. Package net finishes it; a raw design must remember the rest.
//   - A deadline in the past fails before the system call: polling with time.Now() never reads.
//   - A datagram has borders and no guarantee: an empty one is a message, a lost one is not noticed.
//
// # The figures in the essays
//
// CPU per request is that of a closed loop of 64-byte requests over loopback, the server alone on
// one virtual CPU of two (Linux 6.18, Go 1.26): medians of four interleaved trials, which scatter
// by a tenth, so that the second digit is noise and comparisons belong to a run of your own
// (socketbench run concurrency, with the designs you ask about). Memory is resident memory by
// 10,000 connections, silent or answered once (go run ./.ci/bars memory); what the kernel keeps for
// a socket is not in it.
//
// # Writing your own
//
// A [Server] is one method. [Entry] gives it a name, [Traits] say what it promises, and cmd.Main
// takes entries of your own from a main of ten lines in your own repository;
// socketbench/servers/servertest judges it in one call. Limits that a server on an open network
// needs are fields of [Config]: the longest request, the connections admitted at once, the silence
// allowed.
package servers
