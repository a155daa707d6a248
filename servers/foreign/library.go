package foreign

import (
	"embed"
	"os/exec"
	"sync"

	"socketbench/servers"
)

//go:embed libraries/*/*.go
var librarySources embed.FS

// library is a server that is written with a library, in a program of its own below libraries.
type library struct {
	name, idea, after string
	run               string // its flags
	traits            servers.Traits

	once sync.Once // builds it, once for this process
	path string
	err  error
}

// libraryFlags are the flags of every program of libraries, and libraryReads is for those whose reads have a size.
const (
	libraryFlags = " -port {port} -cpu {cpu} -wait {wait_duration} -slots {slots}"
	libraryReads = " -read {read_size}"
)

var libraries = []*library{
	{name: "gnet", idea: "the library panjf2000/gnet: an acceptor deals connections out to its event loops", after: "multiepoll",
		run: libraryFlags + libraryReads,
		traits: servers.Traits{Cores: true, Library: "github.com/panjf2000/gnet/v2 v2.9.7", Faults: []servers.Fault{
			{Case: "half-close/blocked", Also: `^(half-close/(behind|megabyte|unread)|back-pressure/(then-reads|others-served|stop-and-go|slow-reader))$`,
				Sentence: "when a client half-closes and does not read meanwhile, it closes the connection with the rest of the reply unwritten"},
			{Case: "back-pressure/stops-reading",
				Sentence: "it goes on reading from a client that does not read its replies, and keeps them in memory without a bound"},
			{Case: "resources/out-of-descriptors", Issue: "https://github.com/panjf2000/gnet/issues/367",
				Sentence: "when descriptors run out, the acceptor ends and all event loops with it"},
		}}},
	{name: "nbio", idea: "the library lesismal/nbio: a goroutine accepts, its pollers read and call the handler", after: "multiepoll",
		run: libraryFlags + libraryReads,
		traits: servers.Traits{Cores: true, Library: "github.com/lesismal/nbio v1.6.8", Faults: []servers.Fault{
			{Case: "half-close/behind", Also: `^half-close/(megabyte|unread|blocked)$`,
				Sentence: "when a client half-closes, it closes the connection with all of the reply that is still unwritten, and often with a reset"},
			{Case: "back-pressure/stops-reading", Issue: "https://github.com/lesismal/nbio/issues/255",
				Also:     `^(back-pressure/|order/fresh-after-unread$|half-close/blocked$|reset/while-writing$|recovery/after-stuck$|resources/calm-stuck$)`,
				Sentence: "it goes on reading from a client that does not read its replies; when MaxWriteBufferSize of them wait, it resets the connection"},
		}}},
	{name: "evio", idea: "the library tidwall/evio: each of its event loops accepts from one listener", after: "multiepoll",
		run: libraryFlags,
		traits: servers.Traits{Cores: true, Library: "github.com/tidwall/evio v1.0.8", Faults: []servers.Fault{
			{Case: "resources/no-delay",
				Sentence: "Nagle's algorithm is on, and no option turns it off: a small reply waits until the client has acknowledged the one before"},
			{Case: "resources/out-of-descriptors",
				Sentence: "when descriptors run out, an event loop ends on the error of accept, and the others with it"},
			{Case: "resources/calm-stuck",
				Sentence: "while a client that has more to say does not read, its event loop tries to write again and again without a pause"},
		}}},
}

// entry describes the server. Without its source or Go's tool it cannot be built, and Launch is nil.
func (l *library) entry() servers.Entry {
	file := "libraries/" + l.name + "/" + l.name + ".go"
	text, _ := librarySources.ReadFile(file) // cannot fail: a test reads each of them
	e := servers.Entry{Name: l.name, Idea: l.idea, Family: "libraries", After: l.after, Command: "exec {out}" + l.run,
		Needs: "Go's tool", Instead: "install it from go.dev/dl",
		Traits: l.traits, Code: string(text), File: "servers/foreign/" + file}
	if ModuleRoot() == "" {
		e.Needs, e.Instead = "the source of this program", "build socketbench on this machine, and keep the source"
	} else if _, err := exec.LookPath("go"); err == nil {
		e.Build = func() error {
			l.once.Do(l.build)
			return l.err
		}
		e.Launch = func(string) (string, error) {
			err := e.Build()
			return "exec " + ShellLine(l.path) + l.run, err
		}
	}
	return e
}

// build lets Go's tool build the program. If nothing has changed since the last time, the tool only finds that out.
func (l *library) build() {
	root := ModuleRoot()
	if l.path, l.err = Cached(l.name, root); l.err != nil {
		return
	}
	folder := "./servers/foreign/libraries/" + l.name
	build := exec.Command("go", "build", "-o", l.path, folder)
	build.Dir = root
	if said, err := build.CombinedOutput(); err != nil {
		l.err = notBuilt(l.name, said, err, "go build "+folder)
	}
}
