package foreign

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"socketbench/servers"
	"socketbench/servers/upper"
)

//go:embed programs
var sources embed.FS

// program is one server of this package.
type program struct {
	name, idea string
	file       string // its source
	tool       string // what runs or compiles it
	pack       string // the Debian package that contains the tool
	build      string // shell command that makes {out} of {file}; "": the file is run as it is
	run        string // shell command; {file} or {out} is its path
	after      string // the design in Go that does the same, to be read before it; "": none does
	datagrams  bool   // it answers datagrams, and no connections
	like       string // the family of designs that need the same of the system; "": none does
	traits     servers.Traits
	faults     []servers.Fault
}

// endsWithoutDescriptors is a fault of the servers that call accept in a loop as a beginners' course writes it.
var endsWithoutDescriptors = servers.Fault{Case: "resources/out-of-descriptors",
	Sentence: "ends when it has no descriptor left for the next client: no code catches the OSError of accept"}

var programs = []program{
	{name: "python-once", idea: "Python: one client, and the program ends with it", file: "python-once.py",
		tool: "python3", pack: "python3", run: "exec python3 {file} {port}", traits: servers.Traits{MaxConns: 1},
		faults: []servers.Fault{
			{Case: "half-close/many-in-turn", Sentence: "ends after its first client: accept is called only once"},
			{Case: "reset/idle", Sentence: "a client that resets its connection ends the program: no code catches ConnectionResetError"},
		}},
	{name: "python-loop", idea: "Python: one client after another", file: "python-loop.py",
		tool: "python3", pack: "python3", run: "exec python3 {file} {port}", after: "sequential", traits: servers.Traits{MaxConns: 1},
		faults: []servers.Fault{
			{Case: "reset/idle", Sentence: "a client that resets its connection ends the program: no code catches ConnectionResetError"},
			{Case: "reset/close-with-replies-coming", Sentence: "a client that leaves before its reply ends the program: no code catches BrokenPipeError"},
			{Case: "chaos/short-scripts", Sentence: "one client that leaves without reading ends the server for all"},
		}},
	{name: "python-struct", idea: "Python: every message begins with its length, packed with struct", file: "python-struct.py",
		tool: "python3", pack: "python3", run: "exec python3 {file} {port}", after: "goroutine",
		traits: servers.Traits{Framing: upper.Length},
		faults: []servers.Fault{endsWithoutDescriptors, {Case: "framing/length-minus-four",
			Sentence: "closes a connection whose header announces too much before it has read the rest, which resets the connection"}}},
	{name: "python-timeout", idea: "Python: one client after another, each under a time limit", file: "python-timeout.py",
		tool: "python3", pack: "python3", run: "exec python3 {file} {port} {idle_timeout}", after: "timeout",
		traits: servers.Traits{MaxConns: 1, IdleLimit: true}},
	{name: "python-nonblocking", idea: "Python: one thread asks every connection in turn, without waiting", file: "python-nonblocking.py",
		tool: "python3", pack: "python3", run: "exec python3 {file} {port}", after: "tryread",
		faults: []servers.Fault{endsWithoutDescriptors}},
	{name: "python-select", idea: "Python: one thread waits for all connections with select.select", file: "python-select.py",
		tool: "python3", pack: "python3", run: "exec python3 {file} {port}", after: "select",
		traits: servers.Traits{MaxFD: 1024}, faults: []servers.Fault{endsWithoutDescriptors}},
	{name: "python-udp", idea: "Python: recvfrom and sendto answer datagrams", file: "python-udp.py",
		tool: "python3", pack: "python3", run: "exec python3 {file} {port} {wait} {read_size} {receive_buffer}", after: "udp",
		datagrams: true, traits: servers.Traits{Stalls: true}},
	{name: "python-threading", idea: "Python: socketserver with a thread for every connection", file: "python-threading.py",
		tool: "python3", pack: "python3", run: "exec python3 {file} {port} {wait} {slots}", after: "thread"},
	{name: "python-asyncio", idea: "Python: coroutines on one event loop", file: "python-asyncio.py",
		tool: "python3", pack: "python3", run: "exec python3 {file} {port} {wait} {slots}", after: "goroutine"},
	{name: "node", idea: "Node: callbacks on one event loop", file: "node.js",
		tool: "node", pack: "nodejs", run: "exec node {file} {port} {wait} {slots}", after: "epoll"},
	{name: "c-epoll", idea: "C: one thread, level-triggered epoll", file: "epoll.c",
		tool: "cc", pack: "gcc", build: "cc -O2 -o {out} {file}", run: "exec {out} {port}",
		after: "epoll", traits: servers.Traits{Stalls: true}},
	{name: "c-uring", idea: "C: one thread, io_uring", file: "uring.c",
		tool: "cc", pack: "gcc", build: "cc -O2 -o {out} {file}", run: "exec {out} {port}",
		after: "uring", like: "completion", traits: servers.Traits{Stalls: true}},
	{name: "rust", idea: "Rust: a thread for every connection", file: "threads.rs",
		tool: "rustc", pack: "rustc", build: "rustc -O --edition 2021 -o {out} {file}", run: "exec {out} {port} {wait} {slots}",
		after: "thread", traits: servers.Traits{Cores: true}},
	{name: "java", idea: "Java: one thread and a Selector", file: "Nio.java",
		tool: "javac", pack: "default-jdk-headless", build: "javac -d {out} {file}", run: "exec java -cp {out} Nio {port}",
		after: "epoll", traits: servers.Traits{Stalls: true}},
	{name: "erlang", idea: "Erlang: a process for every connection", file: "upper.erl",
		tool: "erlc", pack: "erlang-base", build: "mkdir {out} && erlc -o {out} {file}",
		run:   "ERL_CRASH_DUMP_BYTES=0 exec erl -noinput -pa {out} -s upper start {port} {wait} {slots}",
		after: "goroutine", traits: servers.Traits{Cores: true}},
}

// Entries lists the servers: those written with a library first, then those in other languages, each in teaching order.
// If what builds or runs a server is not on this machine, its Launch is nil, and Instead says what would bring it.
func Entries() []servers.Entry {
	var entries []servers.Entry
	for _, l := range libraries {
		entries = append(entries, l.entry())
	}
	for _, p := range programs {
		entries = append(entries, p.entry())
	}
	return entries
}

func (p program) entry() servers.Entry {
	text, _ := sources.ReadFile("programs/" + p.file) // cannot fail: a test reads each of them
	e := servers.Entry{Name: p.name, Idea: p.idea, Family: "foreign", Needs: p.tool, Command: p.run,
		Instead: "install it: apt-get install " + p.pack, Traits: p.traits, After: p.after, Datagrams: p.datagrams, Code: string(text),
		File: "servers/foreign/programs/" + p.file}
	for _, design := range servers.All() {
		if design.Family == p.like && !design.Available() {
			e.Refused = errors.New("the system lacks what " + design.Name + " needs")
		}
	}
	if _, err := exec.LookPath(p.tool); err == nil && e.Refused == nil {
		e.Launch = p.launch
		if p.build != "" {
			e.Build = func() error { _, err := p.compile(e.Code); return err }
		}
	}
	return e
}

// Faults lists the known faults of a server of this package, each with a conformance case that always shows it. Unlike
// Traits.Faults they excuse nothing: socketbench check reports them as failures, in its own words.
func Faults(name string) []servers.Fault {
	for _, p := range programs {
		if p.name == name {
			return p.faults
		}
	}
	return nil
}

// launch returns the command of the server. It writes the server's source into dir, or compiles it first if need be.
func (p program) launch(dir string) (string, error) {
	text, err := sources.ReadFile("programs/" + p.file)
	if err != nil {
		return "", err
	}
	if p.build != "" {
		path, err := p.compile(string(text))
		return strings.ReplaceAll(p.run, "{out}", ShellLine(path)), err
	}
	file := filepath.Join(dir, p.file)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return "", fmt.Errorf("foreign: %s: cannot write its source: %w", p.name, err)
	}
	return strings.ReplaceAll(p.run, "{file}", ShellLine(file)), nil
}

// ShellLine quotes words for a POSIX shell and joins them with blanks.
func ShellLine(words ...string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		if w == "" || strings.ContainsAny(w, " \t\n\"'$&;|<>(){}[]*?!~#`\\") {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		quoted[i] = w
	}
	return strings.Join(quoted, " ")
}
