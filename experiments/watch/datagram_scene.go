package watch

import (
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/yamlfile"
	"socketbench/servers/suggest"
)

// mostDatagram is how many bytes a datagram over IPv4 carries: 65,535 with the headers of IP and UDP (RFC 791, RFC 768).
const mostDatagram = 65535 - 20 - 8

var transports = []string{"tcp", "udp"}

// Datagrams reports whether the scene is played over datagrams.
func (s Scene) Datagrams() bool { return s.Transport == "udp" }

func readTransport(r *reader, path string, e yamlfile.Entry, s *Scene) {
	word, ok := r.sentence(path, e)
	if ok && !slices.Contains(transports, word) {
		r.Fault(e.Position(), "%s: no transport %q%s; use %s", path, word, suggest.DidYouMean(word, transports), strings.Join(transports, " or "))
		return
	}
	s.Transport = word
}

// withoutConnection says why a verb means nothing over datagrams.
var withoutConnection = map[string]string{
	"connect":    "connect means nothing over udp, because a datagram needs no connection; leave it out and begin with send",
	"half-close": "half-close means nothing over udp, because there is no connection with two directions; leave it out",
	"reset":      "reset means nothing over udp, because there is no connection; use close",
}

// overDatagrams refuses steps that mean nothing without a connection.
func (r *reader) overDatagrams(path string, steps []Step) {
	sent := false
	for i, step := range steps {
		at := r.Find(fmt.Sprintf("%s[%d]", path, i))
		switch size := step.Times * len(step.Text); {
		case withoutConnection[step.Do] != "":
			r.Fault(at, "%s", withoutConnection[step.Do])
		case step.Do == "send" && size > mostDatagram:
			r.Fault(at, "send of %d bytes; a datagram carries at most %d", size, mostDatagram)
			sent = true
		case step.Do == "send":
			sent = true
		case step.Do == "pause":
		case !sent:
			r.Fault(at, "%s before send; a client of datagrams has a socket once it has sent", step.Do)
			sent = true // one fault is enough
		case step.Do == "close":
			sent = false
		}
	}
}
