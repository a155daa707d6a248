// Package foreign holds servers of the uppercase protocol in other languages, each about a screen
// long, and the contract by which any program, in any language, is run, checked and measured beside
// the designs in Go.
//
// # The contract
//
// A server is a command for the shell. In it
//
//	{port}   stands for the TCP port on which it is to listen, on 127.0.0.1; a command must have it
//	{wait}   for how long a request waits, in seconds, such as 0.005 or 0, as for a database; with a unit, such as
//	         5ms or 0s, it is {wait_duration}
//	{slots}  for how many requests may wait at once; 0 means no bound
//
// and {framing}, {limit}, {workers}, {queue}, {max_conns}, {read_size}, {cpu}, {idle_timeout}, {linger} and
// {drain_timeout} for what their names say in an experiment's config: sizes in bytes, times in seconds or, with
// _duration behind the name, with a unit; 0 is the server's own choice. socketbench run --help lists them.
//
// A command gets no other settings. If an experiment sets what a request is or costs, and the command has no
// placeholder for it, the command is not measured, because it would do other work than its rivals. A server must
// obey its settings: a trial in which requests were answered sooner than {wait} and {slots} allow, or cost less than
// {cpu}, is invalid.
//
// Its environment is that of the shell without what tunes a process (GOGC, LD_PRELOAD, MALLOC_*, NODE_OPTIONS, most of
// PYTHON*: package environ has the table), and with LC_ALL=C.UTF-8. A command that wants such a variable begins with
// it: 'PYTHONMALLOC=malloc python3 mine.py {port}'. What a wrapper changes is read from the process that serves: the
// trial names it, and is invalid where the experiment had set that variable.
//
// It is ready when it listens, which the kernel's table of sockets shows, and does not reset its clients. To find that
// out, one connection is made to the first process of a command. Then the command is started again, so that a server
// that accepts only one client can still be used. It need not print anything; what it prints is shown if it fails.
//
// It speaks the raw framing: what arrives is sent back with ASCII a-z in upper case, and every other
// byte as it came. When the client has sent everything it writes what it owes and closes. It turns
// Nagle's algorithm off (TCP_NODELAY) if it wants to be compared fairly.
//
// It ends on SIGTERM. The process that serves gets the signal once, even if a shell or a wrapper started it. Processes
// that it leaves behind get it after that, and whatever is still there five seconds later is killed. It is killed at
// once if a check does not ask about its end, or if the program that started it is gone.
//
// So a server of your own is one word on the command line:
//
//	socketbench check './mine {port}'
//	socketbench run goroutine './mine --listen 127.0.0.1:{port}'
//	socketbench run slow-work dispatch 'python3 mine.py {port} {wait} {slots}'
//
// # The servers
//
// [Entries] lists them and [Faults] lists their known faults; a test checks that the suite finds exactly these. The
// first two are the servers with which courses begin, written anew with their faults:
//
//	python-once       ends after its first client: accept is called only once; a reset ends it too
//	python-loop       a client that resets its connection, or leaves before its reply, ends the server
//	python-threading  spins when it runs out of descriptors, as socketserver does; seen where a CPU is free
//	python-asyncio    no fault that shows every time
//	node              no known fault
//	c-epoll           no known fault
package foreign
