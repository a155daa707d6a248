package fleet

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Servers are NATS servers of the user's own, which are there already: the coordinator then has no server in it. What its
// clients may do is for those servers to say: an agent called NAME subscribes to socketbench.NAME.> and to $SRV.>, and
// publishes replies alone; the coordinator publishes on socketbench.> and $SRV.INFO.>, and subscribes to _INBOX.>.
type Servers struct {
	URLs        string `json:"urls"`                  // separated by commas
	Credentials string `json:"credentials,omitempty"` // the text of a .creds file
	Authority   string `json:"authority,omitempty"`   // the certificate that the servers' are signed with; "": one that the system knows
}

// Check says what is wrong with the URLs.
func (s Servers) Check() error {
	for _, text := range strings.Split(s.URLs, ",") {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" {
			return errors.New("fleet: an address of a NATS server is not a URL such as tls://nats.example.com:4222") // it may have a password in it
		}
		switch u.Scheme {
		case "tls", "wss":
		case "nats", "ws":
			if a, err := netip.ParseAddr(u.Hostname()); err != nil || !a.IsLoopback() {
				return fmt.Errorf("fleet: %s: orders could be changed on their way; give a server with TLS, as tls://%s", u.Redacted(), u.Host)
			}
		default:
			return fmt.Errorf("fleet: %s: NATS servers have addresses that begin with tls://, or wss://", u.Redacted())
		}
	}
	return nil
}

// String names the servers without passwords.
func (s Servers) String() string {
	var names []string
	for _, text := range strings.Split(s.URLs, ",") {
		if u, err := url.Parse(text); err == nil {
			names = append(names, u.Redacted())
		}
	}
	return strings.Join(names, ", ")
}

// first is the host and port of the first server.
func (s Servers) first() string {
	text, _, _ := strings.Cut(s.URLs, ",")
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	if u.Port() == "" {
		return u.Host + ":4222" // only to find the route
	}
	return u.Host
}
