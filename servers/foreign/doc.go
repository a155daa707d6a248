// Package foreign holds servers of the uppercase protocol that are programs of their own: those written with a library
// for Go (libraries), and those in other languages, each about a screen long. It also holds the contract by which any
// program, in any language, is run, checked and measured beside the designs in Go.
//
// # The contract
//
// A server is a command for the shell. In it
//
//	{port}   stands for the TCP port on which it must listen, on 127.0.0.1; every command has it
//	{wait}   for the time that a request waits, in seconds, such as 0.005 or 0, as for a database;
//	         {wait_duration} is the same with a unit, such as 5ms or 0s
//	{slots}  for how many requests may wait at once; 0 means no bound
//
// {framing}, {limit}, {workers}, {queue}, {max_conns}, {read_size}, {receive_buffer}, {cpu}, {idle_timeout}, {linger}
// and {drain_timeout} stand for the settings of these names in an experiment's config. Sizes are in bytes and times in seconds; with
// _duration after the name a time has a unit. 0 leaves the choice to the server. socketbench run --help lists them.
//
// A command gets no other settings. If an experiment sets what a request is or costs, and the command has no
// placeholder for it, the command is not measured, because its work would differ from that of the other servers. A server must
// obey its settings: a trial in which requests were answered sooner than {wait} and {slots} allow, or cost less than
// {cpu}, is invalid.
//
// Its environment is that of the shell, without the variables that tune a process (GOGC, LD_PRELOAD, MALLOC_*,
// NODE_OPTIONS, most of PYTHON*: package environ has the table), and with LC_ALL=C.UTF-8. A command that wants such a
// variable sets it: 'PYTHONMALLOC=malloc python3 mine.py {port}'. If a wrapper changes a variable, this is found in the
// process that serves: the trial names it, and is invalid if the experiment itself had set that variable.
//
// It is ready when the kernel's table of sockets shows that it listens, and when it does not reset its clients. To find
// out, one connection is made to the first process of a command. Then the command is started again, so that a server
// that accepts only one client can still be used. It need not print anything; what it prints is shown if it fails.
//
// Its standard input is open, and nothing comes there: a server may wait for a key to be pressed, or for the end of its
// input, which comes when the program that started it is gone. A command that reads a file there names it: < file.
//
// It speaks the raw framing, unless its entry names another one (python-struct) or it is told one: what arrives is sent
// back with ASCII a-z in upper case, and every other byte as it came. When the client has sent everything, the server
// writes the replies that it owes, and closes. For a fair comparison it turns Nagle's algorithm off (TCP_NODELAY).
//
// A server of datagrams (Entry.Datagrams) binds a UDP socket to that port instead, and sends each datagram back.
//
// It ends on SIGTERM. The process that serves gets the signal once, even if a shell or a wrapper started it. Processes
// that it leaves behind get it after that, and those that still run five seconds later are killed. A server is killed at
// once if a check does not test how it ends, or if the program that started it is gone.
//
// So a server of your own is one argument on the command line:
//
//	socketbench check './mine {port}'
//	socketbench run goroutine './mine --listen 127.0.0.1:{port}'
//	socketbench run slow-work dispatch 'python3 mine.py {port} {wait} {slots}'
//
// # The servers
//
// [Entries] lists them. A program that must be built is built when it is first asked for, and kept in the user's cache:
// one in Go by Go's tool, the others by their compilers. If it cannot be built, a command says so before it starts or
// writes anything.
//
// What a library is known to get wrong is in the traits of its server, with the library's version; a test checks that the
// suite finds exactly these faults. [Faults] lists those of the servers in other languages. Only servers that
// are written as a beginners' course writes them have any.
//
//	python-once         ends after its first client: accept is called only once; a reset ends it too
//	python-loop         a client that resets its connection, or leaves before its reply, ends the server
//	python-nonblocking  ends when it has no descriptor left for the next client; so do python-select and python-struct
//	python-struct       resets a connection whose header announces too much, because it leaves the rest unread
//	python-threading    spins when it runs out of descriptors, as socketserver does; only seen if a CPU is free
package foreign
