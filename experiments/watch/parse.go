package watch

import (
	"fmt"
	"maps"
	"slices"
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
	{"contrast", "true if the scene is about this: a play that does not show it does not end in the sentence that the scene teaches; in place of true, " +
		"words such as the waits overlap make it a half of what the scene is about, of which a play must show all", false,
		readContrast, &yamlfile.Schema{Type: []string{"boolean", "string"}}},
	{"answered", "clients that get all they ask for", false, clients(func(s *Seen) *[]string { return &s.Answered }), namesSchema},
	{"in_vain", "clients that still wait when the scene ends", false, clients(func(s *Seen) *[]string { return &s.InVain }), namesSchema},
	{"in_turn", "clients whose waits in the server came one after the other", false, clients(func(s *Seen) *[]string { return &s.InTurn }), namesSchema},
	{"together", "clients whose waits overlapped", false, clients(func(s *Seen) *[]string { return &s.Together }), namesSchema},
	{"cut_off", "clients whose connection the server closes although they have not said that they are done", false, clients(func(s *Seen) *[]string { return &s.CutOff }), namesSchema},
	{"joined", "clients whose sends become fewer reads", false, clients(func(s *Seen) *[]string { return &s.Joined }), namesSchema},
	{"split", "clients whose sends become more reads", false, clients(func(s *Seen) *[]string { return &s.Split }), namesSchema},
	{"whole", "clients each of whose sends is one message", false, clients(func(s *Seen) *[]string { return &s.Whole }), namesSchema},
	{"lost", "clients some of whose datagrams get no reply", false, clients(func(s *Seen) *[]string { return &s.Lost }), namesSchema},
	{"cut", "clients that get a part of their datagram back; all others get the whole", false, clients(func(s *Seen) *[]string { return &s.Cut }), namesSchema},
	{"in_order", "clients whose replies come in the order of their datagrams", false, clients(func(s *Seen) *[]string { return &s.InOrder }), namesSchema},
}

func kindNames() []string { return slices.Sorted(maps.Keys(kinds)) }

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
	switch v := v.(type) {
	case bool:
		s.Contrast = v
	case string:
		s.Half = strings.TrimSpace(v)
		s.Contrast = s.Half != ""
	default:
		r.Fault(e.Position(), "%s wants true, false or the words of a half, such as the waits overlap; this is %s", path, yamlfile.KindOf(v))
	}
}

// clients reads a list of clients, each of which must be one of the scene.
func clients(at func(*Seen) *[]string) func(*reader, string, yamlfile.Entry, *Seen) {
	read := names(at)
	return func(r *reader, path string, e yamlfile.Entry, seen *Seen) {
		read(r, path, e, seen)
		list := *at(seen)
		r.later = append(r.later, func(s Scene) {
			known, all := s.names()
			for k, name := range list {
				if all && !slices.Contains(known, name) {
					r.Fault(r.Find(fmt.Sprintf("%s[%d]", path, k)), "no client %q%s; there are %s", name, suggest.DidYouMean(name, known), strings.Join(known, ", "))
				}
			}
		})
	}
}

// names lists the names of the clients. all is false if one has none, which is a fault already: who is meant cannot be told.
func (s Scene) names() (list []string, all bool) {
	for _, c := range s.Clients {
		list = append(list, c.Name)
	}
	return list, !slices.Contains(list, "")
}

// named refuses clients of the same name.
func (r *reader) named(s Scene) {
	known, _ := s.names()
	for i, name := range known {
		if name != "" && slices.Contains(known[:i], name) {
			r.Fault(r.Find(fmt.Sprintf("clients[%d].name", i)), "a client named %q is there twice; a name tells a client from the others", name)
		}
	}
}
