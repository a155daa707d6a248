package watch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"socketbench/experiments/yamlfile"
	"socketbench/servers/suggest"
)

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
