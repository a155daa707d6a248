// Package watch plays a scene to a server and shows who gets an answer and who waits where: named
// clients with timed steps, seen from the clients' own clocks and, on Linux, from what the kernel says
// of their sockets from outside. The servers are unmodified.
package watch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"socketbench/experiments/spec"
	"socketbench/servers"
	"socketbench/servers/suggest"
	"socketbench/servers/upper"
)

// Scene says what each client does and what is to be seen.
type Scene struct {
	Name     string          `yaml:"name"`
	Question string          `yaml:"question"`
	Teaches  string          `yaml:"teaches"`  // the sentence at the end
	Read     []string        `yaml:"read"`     // the two designs whose files show it
	Lasts    time.Duration   `yaml:"lasts"`    // a client that still waits then has waited in vain
	Config   Told            `yaml:"config"`   // what the servers are told
	Framings []upper.Framing `yaml:"framings"` // under which it is played side by side, unless servers or a framing are named
	Clients  []Client        `yaml:"clients"`
	See      []Seen          `yaml:"see"` // what must be seen, the first that fits a server's traits
}

// Told is a server's configuration, written as in an experiment file: the names, units and bounds of config.
type Told struct{ servers.Config }

// UnmarshalYAML reads a block of settings, such as {wait: 300ms, workers: 2}.
func (t *Told) UnmarshalYAML(node ast.Node) error {
	block, ok := node.(*ast.MappingNode)
	if !ok {
		return &yaml.SyntaxError{Message: "config wants settings, such as {wait: 300ms, workers: 2}", Token: node.GetToken()}
	}
	var e spec.Experiment
	for _, line := range block.Values {
		if err := e.Set("config."+line.Key.GetToken().Value, line.Value.GetToken().Value); err != nil {
			return &yaml.SyntaxError{Message: err.Error(), Token: line.Key.GetToken()}
		}
	}
	t.Config = e.Config
	return nil
}

// String says what the servers were told, such as "2 workers, 300ms of waiting"; "" if they were told nothing.
func (t Told) String() string { return spec.Configured(t.Config) }

// Client is one participant.
type Client struct {
	Name  string `yaml:"name"`
	Steps []Step `yaml:"steps"`
}

// Step is one thing a client does: connect, send "text" [times n], pause 300ms, read, half-close, reset
// or close. read waits for the replies to everything that was sent and not yet read; where nothing is
// owed it waits for a byte, or the end, that may never come.
type Step struct {
	Do    string
	Text  string        // of send
	Times int           // of send: so many copies in one call
	For   time.Duration // of pause
}

// verbs lists what a client can do, with what each takes.
var verbs = []string{"connect", "send", "pause", "read", "half-close", "reset", "close"}

// Seen is what must be seen of servers of one kind.
type Seen struct {
	If       string   `yaml:"if"`       // framed, limit, one, few, loop, loops, ahead, any
	Answered []string `yaml:"answered"` // clients that get all they ask for
	InVain   []string `yaml:"in_vain"`  // clients that still wait when the scene ends
	InTurn   []string `yaml:"in_turn"`  // clients whose waits in the server came one after the other
	Together []string `yaml:"together"` // clients whose waits overlapped
	CutOff   []string `yaml:"cut_off"`  // clients whose connection the server closes although they have not said that they are done
	Joined   []string `yaml:"joined"`   // clients whose sends become fewer reads
	Split    []string `yaml:"split"`    // clients whose sends become more reads
	Whole    []string `yaml:"whole"`    // clients each of whose sends is one message
}

// named lists every client that is mentioned.
func (s Seen) named() []string {
	return slices.Concat(s.Answered, s.InVain, s.InTurn, s.Together, s.CutOff, s.Joined, s.Split, s.Whole)
}

// kinds are the conditions of Seen, asked of a server's traits: framed is for all servers under a framing, limit is for servers that close silent connections, one for
// those that serve one connection at a time, few for those that serve fewer than there are clients, loop for those whose only loop stops in a
// handler that waits, loops for those that may have several of them, ahead for those that read on
// before they have answered.
var kinds = map[string]func(t servers.Traits, capacity, clients int) bool{
	"framed": func(servers.Traits, int, int) bool { return false }, // see Expect
	"limit":  func(t servers.Traits, _, _ int) bool { return t.IdleLimit },
	"one":    func(_ servers.Traits, capacity, _ int) bool { return capacity == 1 },
	"few":    func(_ servers.Traits, capacity, clients int) bool { return capacity > 1 && capacity < clients },
	"loop":   func(t servers.Traits, _, _ int) bool { return t.Stalls && !t.Cores },
	"loops":  func(t servers.Traits, _, _ int) bool { return t.Stalls && t.Cores },
	"ahead": func(t servers.Traits, _, _ int) bool {
		return t.Ahead > 1 || slices.ContainsFunc(t.Faults, func(f servers.Fault) bool {
			return strings.HasPrefix(f.Case, "back-pressure/")
		})
	},
	"any": func(servers.Traits, int, int) bool { return true },
}

// Expect returns what must be seen of a server with these traits. ok is false where the scene has no expectation of
// it, or where the server is known not to keep the promise that the scene is about.
func (s Scene) Expect(t servers.Traits) (seen Seen, ok bool) {
	for _, fault := range t.Faults {
		if strings.HasPrefix(fault.Case, s.Name+"/") {
			return Seen{}, false
		}
	}
	capacity := t.Capacity(s.Config.Config)
	for _, seen := range s.See {
		if kinds[seen.If](t, capacity, len(s.Clients)) || seen.If == "framed" && s.Config.Protocol.Framing != upper.Raw {
			return seen, true
		}
	}
	return Seen{}, false
}

// Parse reads a scene. Errors name the file, the line and what is allowed.
func Parse(file string, src []byte) (Scene, error) {
	var s Scene
	if err := yaml.UnmarshalWithOptions(src, &s, yaml.Strict()); err != nil {
		return Scene{}, fmt.Errorf("%s: %s", file, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if err := s.check(); err != nil {
		return Scene{}, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

func (s Scene) check() error {
	if s.Name == "" || s.Teaches == "" {
		return fmt.Errorf("a scene needs a name and the sentence it teaches")
	}
	if s.Lasts <= 0 || s.Lasts > time.Minute {
		return fmt.Errorf("lasts: %v; a scene lasts up to 1m, such as 3s", s.Lasts)
	}
	if len(s.Clients) == 0 || len(s.Clients) > 12 {
		return fmt.Errorf("clients: %d; a scene has 1 to 12", len(s.Clients))
	}
	var names []string
	for _, c := range s.Clients {
		if c.Name == "" || slices.Contains(names, c.Name) {
			return fmt.Errorf("clients: name %q is missing or there twice", c.Name)
		}
		names = append(names, c.Name)
		if err := c.check(); err != nil {
			return err
		}
	}
	for _, seen := range s.See {
		if kinds[seen.If] == nil {
			return fmt.Errorf("see: if: %q; use framed, limit, one, few, loop, loops, ahead or any", seen.If)
		}
		for _, name := range seen.named() {
			if !slices.Contains(names, name) {
				return fmt.Errorf("see: no client %q; there are %s", name, strings.Join(names, ", "))
			}
		}
	}
	return nil
}

// check refuses steps on a connection that does not exist.
func (c Client) check() error {
	connected := false
	for _, step := range c.Steps {
		switch {
		case step.Do == "connect" && connected:
			return fmt.Errorf("client %s: connect while connected; close first", c.Name)
		case step.Do == "connect":
			connected = true
		case step.Do == "pause":
		case !connected:
			return fmt.Errorf("client %s: %s before connect", c.Name, step.Do)
		case step.Do == "close" || step.Do == "reset":
			connected = false
		}
	}
	return nil
}

// UnmarshalYAML reads a step from its line of text.
func (s *Step) UnmarshalYAML(node ast.Node) error {
	text := strings.Trim(node.GetToken().Value, "\n")
	fail := func(format string, args ...any) error {
		return &yaml.SyntaxError{Message: fmt.Sprintf(format, args...), Token: node.GetToken()}
	}
	do, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
	if !slices.Contains(verbs, do) {
		return fail("unknown step %q%s; use %s", do, suggest.DidYouMean(do, verbs), strings.Join(verbs, ", "))
	}
	s.Do, s.Times = do, 1
	var err error
	switch do {
	case "pause":
		if s.For, err = time.ParseDuration(rest); err != nil || s.For <= 0 {
			return fail("pause needs a time such as 300ms, not %q", rest)
		}
	case "send":
		quoted, tail, err := cutQuoted(rest)
		if err != nil {
			return fail(`send needs text in quotes such as send "hello", not %s`, rest)
		}
		s.Text = quoted
		if tail != "" {
			if n, ok := strings.CutPrefix(tail, "times "); ok {
				s.Times, err = strconv.Atoi(n)
			} else {
				err = strconv.ErrSyntax
			}
			if err != nil || s.Times < 1 || s.Times*len(s.Text) > 1<<20 {
				return fail(`after the text may stand times N, for at most 1 MiB in all; not %q`, tail)
			}
		}
	default:
		if rest != "" {
			return fail("%s takes nothing, not %q", do, rest)
		}
	}
	return nil
}

// cutQuoted splits a quoted string off the front of s.
func cutQuoted(s string) (text, tail string, err error) {
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", "", err
	}
	text, err = strconv.Unquote(quoted)
	return text, strings.TrimSpace(s[len(quoted):]), err
}

// frame is what a send puts on the wire: with a framing, each text is a message.
func (s Scene) frame(step Step) []byte {
	return s.Config.Protocol.Framing.Frame([]byte(strings.Repeat(step.Text, step.Times)))
}

// Under returns the scene under another framing.
func (s Scene) Under(f upper.Framing) Scene {
	s.Config.Protocol.Framing = f
	return s
}
