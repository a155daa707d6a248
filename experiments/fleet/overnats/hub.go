package overnats

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"socketbench/experiments/fleet"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
	"github.com/nats-io/nkeys"
)

// hub is the coordinator's end: the NATS server that agents connect to, and a connection to it.
type hub struct {
	server *server.Server // nil: it is the user's own
	conn   *nats.Conn
}

// quiet is how often either end of a connection may ask whether the other is there: never within a run.
const quiet = 24 * time.Hour

const readyPatience = 5 * time.Second

// Open starts the server of a fleet, or connects to the user's own. Close it when done.
func (engine) Open(k fleet.Key) (fleet.Hub, error) {
	if k.Servers != nil {
		return openAt(*k.Servers)
	}
	at, err := netip.ParseAddrPort(cmp.Or(k.Listen, k.Address))
	if err != nil {
		return nil, fmt.Errorf("fleet: address: %w", err)
	}
	secure, err := serverTLS(k)
	if err != nil {
		return nil, err
	}
	public, with, err := sign(k.Coordinator)
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(&server.Options{
		ServerName: hostName, Host: at.Addr().String(), Port: int(at.Port()),
		TLSConfig: secure, TLS: true, TLSTimeout: 5, AllowNonTLS: false,
		CustomClientAuthentication: &door{coordinator: public, agents: k.Agents}, AlwaysEnableNonce: true,
		PingInterval: quiet, DisableShortFirstPing: true, NoLog: true, NoSigs: true, MaxPayload: 4 * sliceSize,
	})
	if err != nil {
		return nil, fmt.Errorf("fleet: server: %w", err)
	}
	go s.Start()
	if !s.ReadyForConnections(readyPatience) {
		s.Shutdown()
		return nil, fmt.Errorf("fleet: nobody can listen on %s here; is it an address of this machine, and free?", at)
	}
	conn, err := nats.Connect("", nats.InProcessServer(s), nats.Name("coordinator"), nats.Nkey(public, with), nats.PingInterval(quiet))
	if err != nil {
		s.Shutdown()
		return nil, fmt.Errorf("fleet: %w", err)
	}
	return &hub{s, conn}, nil
}

// openAt connects to servers of the user's own. A server that is lost later is waited for.
func openAt(s fleet.Servers) (fleet.Hub, error) {
	options, err := options(s)
	if err != nil {
		return nil, err
	}
	conn, err := nats.Connect(s.URLs, append(options, nats.Name("coordinator"), nats.MaxReconnects(-1), nats.ReconnectWait(again),
		nats.ReconnectJitter(0, 0), nats.PingInterval(quiet))...)
	if err != nil {
		return nil, fmt.Errorf("fleet: %s: %w", s, err)
	}
	return &hub{conn: conn}, nil
}

// answerTime is how long agents have to say that they are there.
const answerTime = 100 * time.Millisecond

// Present asks which agents are there.
func (h *hub) Present(ctx context.Context) (list []fleet.Present, err error) {
	inbox := nats.NewInbox()
	replies, err := h.conn.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	defer replies.Unsubscribe()
	if err := h.conn.PublishRequest("$SRV.INFO."+service, inbox, nil); err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	for {
		m, err := replies.NextMsgWithContext(ctx)
		if err != nil {
			break
		}
		var info micro.Info
		if json.Unmarshal(m.Data, &info) != nil {
			continue
		}
		of := info.Metadata
		list = append(list, fleet.Present{Name: of["name"], Build: of["build"], Serve: of["serve"] == "true", Load: of["load"] == "true"})
	}
	slices.SortFunc(list, func(a, b fleet.Present) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// Agent is the agent of a name.
func (h *hub) Agent(name string) fleet.Agent { return &remote{conn: h.conn, name: name} }

// Close ends the connections of all agents, which go on and wait for the next run.
func (h *hub) Close() {
	h.conn.Close()
	if h.server == nil {
		return
	}
	h.server.Shutdown()
	h.server.WaitForShutdown()
}

// door lets clients in, each with the permissions of its key.
type door struct{ coordinator, agents string } // public keys

// Check implements server.Authentication. A client has signed what this connection was challenged with.
func (d *door) Check(c server.ClientAuthentication) bool {
	o := c.GetOpts()
	signed, err := base64.RawURLEncoding.DecodeString(o.Sig)
	if err != nil {
		return false
	}
	key, err := nkeys.FromPublicKey(o.Nkey)
	if err != nil || key.Verify(c.GetNonce(), signed) != nil {
		return false
	}
	switch {
	case o.Nkey == d.coordinator:
		c.RegisterUser(&server.User{Username: "coordinator"})
	case o.Nkey == d.agents && fleet.IsName(o.Name):
		c.RegisterUser(&server.User{Username: o.Name, Permissions: permissions(o.Name)})
	default:
		return false
	}
	return true
}

// permissions are those of an agent: it hears what is asked of it and of all services, and replies.
func permissions(name string) *server.Permissions {
	return &server.Permissions{
		Subscribe: &server.SubjectPermission{Allow: []string{subject(name, ">"), "$SRV.PING", "$SRV.PING.>", "$SRV.INFO", "$SRV.INFO.>", "$SRV.STATS", "$SRV.STATS.>"}},
		Publish:   &server.SubjectPermission{Allow: []string{}, Deny: []string{}},
		Response:  &server.ResponsePermission{MaxMsgs: 1, Expires: time.Hour},
	}
}

// subject is what an agent of that name is asked on.
func subject(name, what string) string { return "socketbench." + name + "." + what }
