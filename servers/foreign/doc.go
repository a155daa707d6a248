// Package foreign holds servers of the uppercase protocol in other languages, each about a screen
// long, and the contract by which any program, in any language, is run, checked and measured beside
// the designs in Go.
//
// # The contract
//
// A server is a command for the shell. In it
//
//	{port}   stands for the TCP port on which it is to listen, on 127.0.0.1; a command must have it
//	{wait}   for how long a request waits, in seconds, such as 0.005 or 0, as for a database
//	{slots}  for how many requests may wait at once; 0 means no bound
//
// It is ready when it listens: the kernel's table of sockets is asked, not the server, as a connection
// would use up a server that accepts a single client. It need not print anything; what it prints is
// shown when it fails.
//
// It speaks the raw framing: what arrives is sent back with ASCII a-z in upper case, and every other
// byte as it came. When the client has sent everything it writes what it owes and closes. It turns
// Nagle's algorithm off (TCP_NODELAY) if it wants to be compared fairly.
//
// It ends on SIGTERM. It, and whatever it has started, is ended with it: by SIGTERM first and by
// SIGKILL five seconds later, and at once when the program that started it is gone.
//
// So a server of your own is one word on the command line:
//
//	socketbench check './mine {port}'
//	socketbench run goroutine './mine --listen 127.0.0.1:{port}'
//	socketbench run slow-work dispatch 'python3 mine.py {port} {wait} {slots}'
//
// # The servers
//
// [Entries] lists them. The first two are those with which courses begin, with the faults that they
// have: python-once serves one client and ends; python-loop serves one after another, and ends when
// one of them resets its connection.
package foreign
