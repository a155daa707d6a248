package spec

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"socketbench/servers"
	"socketbench/servers/suggest"
	"socketbench/servers/upper"
)

// maxCells is how many cells one run may have.
const maxCells = 1000

// problem is a fault of an experiment as a whole; path says which field it is about, and also names another that is as
// much a part of it, or none.
type problem struct{ path, message, also string }

type problems []problem

func (p *problems) bad(path, format string, args ...any) { p.contradict(path, "", format, args...) }

// contradict adds a problem that is as much one of the field also.
func (p *problems) contradict(path, also, format string, args ...any) {
	*p = append(*p, problem{path, fmt.Sprintf(format, args...), also})
}

// Check reports all faults of an experiment that was changed after it was parsed.
func (e Experiment) Check(registry servers.Registry) error {
	var errs []error
	for _, p := range e.problems(registry) {
		errs = append(errs, errors.New(p.message)) // without the path: a user who typed a server's name does not know servers[1]
	}
	return errors.Join(errs...)
}

// longestName leaves room in a file's name, which has at most 255 bytes, for a date and a number.
const longestName = 100

var validName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// problems checks what depends on more than one field.
func (e Experiment) problems(registry servers.Registry) (list problems) {
	if e.Name == "" {
		list.bad("name", "name is missing; results are stored under it")
	} else if len(e.Name) > longestName {
		list.bad("name", "name has %d letters, and at most %d fit; results are stored under it", len(e.Name), longestName)
	} else if !validName.MatchString(e.Name) {
		list.bad("name", "name %q wants lower-case letters, digits and dashes, such as idle-mass; results are stored under it", e.Name)
	}
	if strings.TrimSpace(e.Question) == "" {
		list.bad("question", "question is missing; say in a sentence what is asked")
	}
	if e.MaxBlocks < e.Blocks {
		list.bad("max_blocks", "max_blocks %d is less than blocks %d", e.MaxBlocks, e.Blocks)
	}
	if err := KnownMetric(e.Primary); err != nil {
		list.bad("primary", "%v", err)
	}
	for i, c := range e.Charts {
		if !slices.Contains(charts, c) {
			list.bad(fmt.Sprintf("charts[%d]", i), "no chart %q%s; allowed: %s", c, suggest.DidYouMean(c, charts), strings.Join(charts, ", "))
		}
	}
	list = append(list, e.commandProblems(registry)...)
	list = append(list, e.serverProblems(registry)...)
	if n := e.Cells(); n > maxCells {
		list.bad("vary", "servers and vary make %d cells; at most %d can be run", n, maxCells)
		return list
	}
	list = append(list, e.cellProblems()...)
	for _, f := range e.Vary {
		if f.Field == "placement" && slices.Contains(f.Values, any(apart)) {
			list.bad("vary.placement", "apart is the placement of a whole run, over several machines, and cannot be varied")
		}
	}
	list = append(list, e.requirementProblems()...)
	list = append(list, e.headroomProblems()...)
	list = append(list, e.extrapolationProblems()...)
	for i, p := range e.Predict {
		path := fmt.Sprintf("predict[%d]", i)
		faults := e.predictionProblems(&p)
		// Without a registry it is a finished run, which may have been asked before this rule existed.
		if why := e.cannotFail(p); len(faults) == 0 && registry != nil && p.NotAsked == "" && why != "" {
			list.bad(path+".expect", "expect %q cannot fail: %s; predict what a measurement could contradict", p.Expect, why)
		}
		for _, x := range faults {
			list.bad(path+x.path, "%s", x.message)
		}
		e.Predict[i] = p
	}
	return list
}

func (e Experiment) serverProblems(registry servers.Registry) (list problems) {
	if len(e.Servers) == 0 {
		list.bad("servers", "servers is missing; list names (socketbench list servers) or commands with {port}")
		return list
	}
	for i, s := range e.Servers {
		path := fmt.Sprintf("servers[%d]", i)
		if slices.Index(e.Servers, s) < i {
			list.bad(path, "server %q is listed twice", s)
		}
		if !utf8.ValidString(s) {
			list.bad(path, "server %q is no UTF-8 text, and a run stores its servers as text; put these bytes into a script, and name that", s)
			continue
		}
		if _, command := e.Commands.Of(s); command || registry == nil {
			continue
		}
		if strings.ContainsAny(s, " /") {
			list.bad(path, "server %q looks like a command; say where its port goes with {port}, such as \"./mine {port}\"", s)
			continue
		}
		k := slices.IndexFunc(registry, func(r servers.Entry) bool { return r.Name == s })
		if k < 0 {
			names := append(registry.Names(), e.Commands.Names()...)
			list.bad(path, "no server %q%s; allowed: %s", s, suggest.DidYouMean(s, names), strings.Join(names, ", "))
			continue
		}
		datagrams := registry[k].NewPacket != nil || registry[k].Datagrams
		switch some, all := e.overDatagrams(); {
		case datagrams && !all:
			list.bad(path, "server %q answers datagrams, and this experiment asks over connections; ask it with transport: udp (experiment datagrams)", s)
		case !datagrams && some:
			list.bad(path, "server %q answers over connections, and this experiment sends datagrams (transport: udp); leave one of them out", s)
		}
		if registry[k].Traits.TCPOnly && (e.Transport == "unix" || e.values("transport", "unix")) {
			list.bad(path, "server %q needs tcp and transport is unix; leave one of them out", s)
		}
	}
	if e.Baseline != "" && !slices.Contains(e.Servers, e.Baseline) {
		list.bad("baseline", "baseline %q is none of the servers%s; allowed: %s", e.Baseline, suggest.DidYouMean(e.Baseline, e.Servers), strings.Join(e.Servers, ", "))
	}
	if e.UtilizationOf != "" && !slices.Contains(e.Servers, e.UtilizationOf) {
		list.bad("utilization_of", "utilization_of %q is none of the servers%s; allowed: %s", e.UtilizationOf, suggest.DidYouMean(e.UtilizationOf, e.Servers), strings.Join(e.Servers, ", "))
	}
	return list
}

// overDatagrams reports whether some conditions of an experiment send datagrams, and whether all do.
func (e Experiment) overDatagrams() (some, all bool) {
	for _, f := range e.Vary {
		if f.Field == "transport" {
			some = slices.Contains(f.Values, any("udp"))
			return some, some && len(f.Values) == 1
		}
	}
	some = e.Transport == "udp"
	return some, some
}

func (e Experiment) values(path string, v any) bool {
	return slices.ContainsFunc(e.Vary, func(f Factor) bool { return f.Field == path && slices.Contains(f.Values, v) })
}

// Conditions calls yield with every condition, which is one combination of values of the varied fields, and with e
// under it. The last field changes fastest.
func (e Experiment) Conditions(yield func(condition map[string]any, cell Experiment) bool) {
	e.combine(e.Vary, map[string]any{}, e, yield)
}

func (e Experiment) combine(rest Factors, condition map[string]any, cell Experiment, yield func(map[string]any, Experiment) bool) bool {
	if len(rest) == 0 {
		return yield(maps.Clone(condition), cell)
	}
	for _, v := range rest[0].Values {
		condition[rest[0].Field] = v
		if !e.combine(rest[1:], condition, cell.Apply(rest[0].Field, v), yield) {
			return false
		}
	}
	return true
}

// cellProblems reports what is wrong under some condition, each fault once.
func (e Experiment) cellProblems() (list problems) {
	seen := map[problem]bool{}
	e.Conditions(func(condition map[string]any, c Experiment) bool {
		for _, p := range c.impossible() {
			if _, ok := condition[p.path]; ok {
				p.path = "vary." + p.path
			}
			if !seen[p] {
				seen[p] = true
				list = append(list, p)
			}
		}
		return true
	})
	return list
}

// impossible reports what is wrong with one cell.
func (e Experiment) impossible() (list problems) {
	list = append(list, e.shareProblems()...)
	l, c := e.standIn(), e.Config
	conflicts := l.Conflicts()
	if e.Transport == "udp" {
		conflicts = append(conflicts, l.DatagramConflicts()...)
	}
	for _, conflict := range conflicts {
		path := "load." + conflict.Field
		if conflict.Field == "conversation" {
			path = conflict.Field
		}
		list.bad(path, "%s", conflict.Text)
	}
	p, work := c.Protocol, c.Protocol.Work
	if work.Slots > 0 && work.Wait <= 0 && !e.Varies("config.wait") {
		list.bad("config.slots", "slots bounds how many requests wait at once; give config.wait too, such as 5ms")
	}
	usual := c.WithDefaults()
	if p.Framing == upper.Raw && !work.IsZero() && e.Transport != "udp" { // a datagram is a request, whatever else waits
		const why = "raw framing with work counts one request a read"
		if l.Pipeline > 1 {
			list.bad("load.pipeline", "%s, so pipeline must be 1, not %d; or choose config.framing line or length", why, l.Pipeline)
		}
		if l.Size > usual.ReadSize {
			list.bad("load.size", "%s, so size %d must fit into read_size %d; or choose config.framing line or length", why, l.Size, usual.ReadSize)
		}
	}
	if limit := usual.Protocol.Limit; p.Framing != upper.Raw && l.Size > limit {
		list.bad("load.size", "size %d is longer than the limit of %d bytes; raise config.limit or choose framing raw", l.Size, limit)
	}
	if p.Framing == upper.Length && l.Size <= upper.HeaderSize {
		list.bad("load.size", "size %d leaves nothing behind the header of %d bytes that framing length begins with", l.Size, upper.HeaderSize)
	}
	return list
}
