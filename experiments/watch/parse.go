package watch

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"socketbench/experiments/spec"
	"socketbench/experiments/yamlfile"
	"socketbench/servers/suggest"
	"socketbench/servers/upper"
)

// sceneFile is what the faults of a scene file call it.
var sceneFile = yamlfile.Kind{One: "scene", A: "a scene",
	Needs: "a scene needs name, teaches, lasts and clients (socketbench watch --print silent)"}

// longest is how long a scene may last.
const longest = time.Minute

// mostClients is how many clients a picture has room for.
const mostClients = 12

// Parse reads a scene. file is its name in errors. The error joins a *[yamlfile.Error] for every fault, in the order of
// the file.
func Parse(file string, src []byte) (Scene, error) {
	r := &reader{Reader: yamlfile.NewReader(file, sceneFile)}
	var s Scene
	if root := r.Root(src); root != nil {
		block(r, "", root, sceneParts, &s)
		for _, check := range r.later {
			check(s)
		}
		r.named(s)
	}
	if err := r.Err(); err != nil {
		return Scene{}, err
	}
	return s, nil
}

// ReadFile is [Parse] of a file, of which no more is read than a scene may have.
func ReadFile(path string) (Scene, error) {
	src, err := yamlfile.ReadFile(path, sceneFile)
	if err != nil {
		return Scene{}, err
	}
	return Parse(path, src)
}

// Schema is the JSON schema of a scene file, for editors that complete and check as one types. It is made of the tables
// that [Parse] follows.
func Schema() ([]byte, error) {
	root := schemaOf("a scene of socketbench watch", sceneParts)
	root.Begins("socketbench scene")
	return root.Text()
}

// reader reads one scene file.
type reader struct {
	*yamlfile.Reader
	later []func(Scene) // what is checked once the whole scene is known
}

// part is one field of a block that becomes a T: the only place that knows what it may be.
type part[T any] struct {
	name, about string
	must        bool
	read        func(r *reader, path string, e yamlfile.Entry, to *T)
	schema      *yamlfile.Schema // without what about says
}

// block reads a block of fields. path names it in errors; "" is the file itself.
func block[T any](r *reader, path string, n ast.Node, parts []part[T], to *T) {
	before := len(r.Faults)
	seen := map[string]bool{}
	for _, e := range r.Entries(path, n) {
		seen[e.Key] = true
		full := strings.TrimPrefix(path+"."+e.Key, ".")
		r.Places[full] = e.Position()
		i := slices.IndexFunc(parts, func(p part[T]) bool { return p.name == e.Key })
		if i < 0 {
			where := ""
			if path != "" {
				where = " in " + path
			}
			var names []string
			for _, p := range parts {
				names = append(names, p.name)
			}
			r.Fault(e.At, "no field %q%s%s; allowed: %s", e.Key, where, suggest.DidYouMean(e.Key, names), strings.Join(names, ", "))
			continue
		}
		parts[i].read(r, full, e, to)
	}
	if len(seen) == 0 && len(r.Faults) > before {
		return // it is no block
	}
	for _, p := range parts {
		if p.must && !seen[p.name] {
			at := yamlfile.Position{Line: 1, Column: 1}
			what := sceneFile.A
			if path != "" {
				at, what = yamlfile.At(n), path
			}
			r.Fault(at, "%s is missing in %s: %s", p.name, what, p.about)
		}
	}
}

func schemaOf[T any](about string, parts []part[T]) *yamlfile.Schema {
	s := yamlfile.Object(about)
	for _, p := range parts {
		one := *p.schema
		one.Description = p.about
		s.Properties[p.name] = &one
		if p.must {
			s.Required = append(s.Required, p.name)
		}
	}
	return s
}

var (
	textSchema  = &yamlfile.Schema{Type: "string"}
	namesSchema = &yamlfile.Schema{Type: "array", Items: textSchema}

	framingNames = []string{upper.Raw.String(), upper.Line.String(), upper.Length.String()}
)

// sceneParts are the fields of a scene.
var sceneParts = []part[Scene]{
	{"name", "what reports call it", true, text(func(s *Scene) *string { return &s.Name }), textSchema},
	{"question", "what the viewers are asked first, as a sentence", false, text(func(s *Scene) *string { return &s.Question }), textSchema},
	{"teaches", "the sentence at the end, which stands there if the play has shown it", true, text(func(s *Scene) *string { return &s.Teaches }), textSchema},
	{"read", "the two designs whose files show it; the scene is played to them unless others are named", false,
		names(func(s *Scene) *[]string { return &s.Read }), namesSchema},
	{"lasts", "how long it is played, up to 1m, such as 3s: a client that still waits then has waited in vain", true, readLasts,
		&yamlfile.Schema{Type: "string", Pattern: `^([0-9.]+ ?(ms|s|m))+$`}},
	{"config", "what the servers are told, such as {wait: 300ms, workers: 2}; the fields are those of config in an experiment file", false, readConfig,
		spec.ConfigSchema()},
	{"transport", "tcp (also if it is left out) or udp, for servers of datagrams, where connect, half-close and reset mean nothing", false, readTransport,
		&yamlfile.Schema{Type: "string", Enum: transports}},
	{"framings", "framings under which it is played side by side, unless servers or a framing are named", false, readFramings,
		&yamlfile.Schema{Type: "array", Items: &yamlfile.Schema{Type: "string", Enum: framingNames}}},
	{"clients", fmt.Sprintf("1 to %d participants, and what each does", mostClients), true, readClients,
		&yamlfile.Schema{Type: "array", MinItems: 1, Items: schemaOf("a participant", clientParts)}},
	{"see", "what must be seen; of several, the first that fits a server counts", false, readSee,
		&yamlfile.Schema{Type: "array", Items: schemaOf("what must be seen of servers of one kind", seenParts)}},
}

// clientParts are the fields of a client.
var clientParts = []part[Client]{
	{"name", "what the picture calls it", true, text(func(c *Client) *string { return &c.Name }), textSchema},
	{"steps", `what it does, in turn: connect, send "text" [times n], pause 300ms, read, half-close, reset, close; over udp: send, pause, read [400ms], close`, true, readSteps,
		&yamlfile.Schema{Type: "array", Items: &yamlfile.Schema{Type: "string", Pattern: "^(" + strings.Join(verbs, "|") + ")( .*)?$"}}},
}

// seenParts are the fields of what must be seen.
var seenParts = []part[Seen]{
	{"if", "which servers it is about: " + strings.Join(kindNames(), ", "), true, readIf, &yamlfile.Schema{Type: "string", Enum: kindNames()}},
	{"contrast", "true if the scene is about this: a play that does not show it does not end in the sentence that the scene teaches", false,
		readContrast, &yamlfile.Schema{Type: "boolean"}},
	{"answered", "clients that get all they ask for", false, names(func(s *Seen) *[]string { return &s.Answered }), namesSchema},
	{"in_vain", "clients that still wait when the scene ends", false, names(func(s *Seen) *[]string { return &s.InVain }), namesSchema},
	{"in_turn", "clients whose waits in the server came one after the other", false, names(func(s *Seen) *[]string { return &s.InTurn }), namesSchema},
	{"together", "clients whose waits overlapped", false, names(func(s *Seen) *[]string { return &s.Together }), namesSchema},
	{"cut_off", "clients whose connection the server closes although they have not said that they are done", false, names(func(s *Seen) *[]string { return &s.CutOff }), namesSchema},
	{"joined", "clients whose sends become fewer reads", false, names(func(s *Seen) *[]string { return &s.Joined }), namesSchema},
	{"split", "clients whose sends become more reads", false, names(func(s *Seen) *[]string { return &s.Split }), namesSchema},
	{"whole", "clients each of whose sends is one message", false, names(func(s *Seen) *[]string { return &s.Whole }), namesSchema},
	{"lost", "clients some of whose datagrams get no reply", false, names(func(s *Seen) *[]string { return &s.Lost }), namesSchema},
	{"cut", "clients that get a part of their datagram back; all others get the whole", false, names(func(s *Seen) *[]string { return &s.Cut }), namesSchema},
	{"in_order", "clients whose replies come in the order of their datagrams", false, names(func(s *Seen) *[]string { return &s.InOrder }), namesSchema},
}

func kindNames() []string { return slices.Sorted(maps.Keys(kinds)) }

// sentence returns the text of a field.
func (r *reader) sentence(path string, e yamlfile.Entry) (string, bool) {
	v, ok := r.Value(e.Value)
	if !ok {
		return "", false
	}
	s, isText := v.(string)
	switch {
	case v == nil || isText && s == "":
		r.Fault(e.At, "%s has no value; it wants text", path)
		return "", false
	case !isText:
		r.Fault(e.Position(), "%s wants text; this is %s; text that looks like that stands in quotes", path, yamlfile.KindOf(v))
		return "", false
	}
	return s, true
}

func text[T any](at func(*T) *string) func(*reader, string, yamlfile.Entry, *T) {
	return func(r *reader, path string, e yamlfile.Entry, to *T) {
		if s, ok := r.sentence(path, e); ok {
			*at(to) = s
		}
	}
}

func names[T any](at func(*T) *[]string) func(*reader, string, yamlfile.Entry, *T) {
	return func(r *reader, path string, e yamlfile.Entry, to *T) {
		for i, item := range r.List(path, e.Value) {
			full := fmt.Sprintf("%s[%d]", path, i)
			r.Places[full] = yamlfile.At(item)
			if s, ok := r.sentence(full, yamlfile.Entry{Key: full, At: yamlfile.At(item), Value: item}); ok {
				*at(to) = append(*at(to), s)
			}
		}
	}
}

func readLasts(r *reader, path string, e yamlfile.Entry, s *Scene) {
	if written, ok := r.sentence(path, e); ok {
		d, err := time.ParseDuration(written)
		if err != nil || d <= 0 || d > longest {
			r.Fault(e.Position(), "%s: %s; a scene lasts up to 1m, such as 3s", path, written)
			return
		}
		s.Lasts = d
	}
}

func readConfig(r *reader, path string, e yamlfile.Entry, s *Scene) {
	var told spec.Experiment
	for _, setting := range r.Entries(path, e.Value) {
		v, ok := r.Value(setting.Value)
		if !ok {
			continue
		}
		if err := told.Set(path+"."+setting.Key, fmt.Sprint(v)); err != nil {
			r.Fault(setting.Position(), "%v", err)
		}
	}
	s.Config.Config = told.Config
}

func readFramings(r *reader, path string, e yamlfile.Entry, s *Scene) {
	var words []string
	names(func(*Scene) *[]string { return &words })(r, path, e, s)
	for i, word := range words {
		var f upper.Framing
		if err := f.UnmarshalText([]byte(word)); err != nil {
			r.Fault(r.Find(fmt.Sprintf("%s[%d]", path, i)), "%v", err)
			continue
		}
		s.Framings = append(s.Framings, f)
	}
}

func readClients(r *reader, path string, e yamlfile.Entry, s *Scene) {
	list := r.List(path, e.Value)
	if _, isList := e.Value.(*ast.SequenceNode); isList && (len(list) == 0 || len(list) > mostClients) {
		r.Fault(e.Position(), "%s: %d; a scene has 1 to %d", path, len(list), mostClients)
	}
	for i, n := range list {
		var c Client
		full := fmt.Sprintf("%s[%d]", path, i)
		block(r, full, n, clientParts, &c)
		s.Clients = append(s.Clients, c)
	}
}

// readSteps reads what a client does.
func readSteps(r *reader, path string, e yamlfile.Entry, c *Client) {
	before := len(r.Faults)
	for i, n := range r.List(path, e.Value) {
		full := fmt.Sprintf("%s[%d]", path, i)
		r.Places[full] = yamlfile.At(n)
		written, ok := r.sentence(full, yamlfile.Entry{Key: full, At: yamlfile.At(n), Value: n})
		if !ok {
			continue
		}
		step, err := parseStep(written)
		if err != nil {
			r.Fault(yamlfile.At(n), "%v", err)
			continue
		}
		c.Steps = append(c.Steps, step)
	}
	if len(r.Faults) > before {
		return // the steps that are missing may connect
	}
	steps := c.Steps
	r.later = append(r.later, func(s Scene) {
		if s.Datagrams() {
			r.overDatagrams(path, steps)
		} else {
			r.overConnections(path, steps)
		}
	})
}

// overConnections refuses steps on a connection that does not exist.
func (r *reader) overConnections(path string, steps []Step) {
	connected := false
	for i, step := range steps {
		at := r.Find(fmt.Sprintf("%s[%d]", path, i))
		switch {
		case step.Do == "connect" && connected:
			r.Fault(at, "connect while connected; close first")
		case step.Do == "connect":
			connected = true
		case step.Do == "pause":
		case step.Do == "read" && step.For > 0:
			r.Fault(at, "read takes a time only over datagrams (transport: udp); over a connection it waits until nothing is owed")
		case !connected:
			r.Fault(at, "%s before connect", step.Do)
			connected = true // one fault is enough
		case step.Do == "close" || step.Do == "reset":
			connected = false
		}
	}
}

func readSee(r *reader, path string, e yamlfile.Entry, s *Scene) {
	for i, n := range r.List(path, e.Value) {
		var seen Seen
		block(r, fmt.Sprintf("%s[%d]", path, i), n, seenParts, &seen)
		s.See = append(s.See, seen)
	}
}

func readIf(r *reader, path string, e yamlfile.Entry, s *Seen) {
	word, ok := r.sentence(path, e)
	if !ok {
		return
	}
	if kinds[word] == nil {
		r.Fault(e.Position(), "%s: there is no kind %q%s; use %s", path, word, suggest.DidYouMean(word, kindNames()), strings.Join(kindNames(), ", "))
		return
	}
	s.If = word
}

func readContrast(r *reader, path string, e yamlfile.Entry, s *Seen) {
	v, ok := r.Value(e.Value)
	if !ok {
		return
	}
	yes, isTruth := v.(bool)
	if !isTruth {
		r.Fault(e.Position(), "%s wants true or false; this is %s", path, yamlfile.KindOf(v))
	}
	s.Contrast = yes
}

// named refuses clients of the same name, and names in see that no client has.
func (r *reader) named(s Scene) {
	var known []string
	for i, c := range s.Clients {
		path := fmt.Sprintf("clients[%d].name", i)
		if c.Name == "" {
			return // which is a fault already: who is meant cannot be told
		}
		if slices.Contains(known, c.Name) {
			r.Fault(r.Find(path), "a client named %q is there twice; a name tells a client from the others", c.Name)
		}
		known = append(known, c.Name)
	}
	for i, seen := range s.See {
		for field, list := range map[string][]string{"answered": seen.Answered, "in_vain": seen.InVain, "in_turn": seen.InTurn, "together": seen.Together,
			"cut_off": seen.CutOff, "joined": seen.Joined, "split": seen.Split, "whole": seen.Whole,
			"lost": seen.Lost, "cut": seen.Cut, "in_order": seen.InOrder} {
			for k, name := range list {
				if !slices.Contains(known, name) {
					r.Fault(r.Find(fmt.Sprintf("see[%d].%s[%d]", i, field, k)), "no client %q%s; there are %s", name, suggest.DidYouMean(name, known), strings.Join(known, ", "))
				}
			}
		}
	}
}

// parseStep reads a step from its line of text.
func parseStep(line string) (s Step, err error) {
	do, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	if !slices.Contains(verbs, do) {
		return s, fmt.Errorf("unknown step %q%s; use %s", do, suggest.DidYouMean(do, verbs), strings.Join(verbs, ", "))
	}
	s.Do, s.Times = do, 1
	switch do {
	case "read":
		if rest == "" {
			break
		}
		if s.For, err = time.ParseDuration(rest); err != nil || s.For <= 0 {
			return s, fmt.Errorf("read takes nothing or, over datagrams, a time such as 400ms, not %q", rest)
		}
	case "pause":
		if s.For, err = time.ParseDuration(rest); err != nil || s.For <= 0 {
			return s, fmt.Errorf("pause needs a time such as 300ms, not %q", rest)
		}
	case "send":
		quoted, tail, err := cutQuoted(rest)
		if err != nil {
			return s, fmt.Errorf(`send needs text in quotes such as send "hello", not %s`, rest)
		}
		s.Text = quoted
		if tail == "" {
			return s, nil
		}
		n, ok := strings.CutPrefix(tail, "times ")
		if s.Times, err = strconv.Atoi(n); !ok || err != nil || s.Times < 1 || s.Times > 1<<20/max(len(s.Text), 1) {
			return s, fmt.Errorf(`after the text may stand times N, for at most 1 MiB in all; not %q`, tail)
		}
	default:
		if rest != "" {
			return s, fmt.Errorf("%s takes nothing, not %q", do, rest)
		}
	}
	return s, nil
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
