package overnats

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"socketbench/experiments/fleet"
	"socketbench/patterns/child"
)

// service is the name by which agents are found.
const service = "socketbench-agent"

// again is how long an agent waits before it tries to reach the coordinator anew.
const again = 250 * time.Millisecond

// Work is the whole of an agent: it carries out what the coordinator orders until ctx ends. While there is no coordinator
// it waits for one.
func (engine) Work(ctx context.Context, o fleet.Options) error {
	if !fleet.IsName(o.Name) {
		return fmt.Errorf("fleet: %q is not a name for an agent: letters, digits, - and _, at most 63", o.Name)
	}
	if !o.Listen.IsValid() && o.Caps.Serve {
		var err error
		if o.Listen, err = o.Join.Route(); err != nil {
			return err
		}
	}
	url, options, err := connection(o.Join)
	if err != nil {
		return err
	}
	d := newDispatcher(o)
	defer d.close()
	refused := make(chan error, 1)
	conn, err := nats.Connect(url, append(options, nats.Name(o.Name),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.ReconnectWait(again), nats.ReconnectJitter(0, 0), nats.PingInterval(quiet),
		nats.ConnectHandler(func(*nats.Conn) { o.Events("the coordinator is there") }),
		nats.ReconnectHandler(func(*nats.Conn) { o.Events("the coordinator is there again") }),
		nats.DisconnectErrHandler(func(*nats.Conn, error) {
			if o.Join.Servers == nil { // else it is a server of the user's that is gone
				d.alone()
			}
			o.Events("the coordinator is gone; waiting for it")
		}),
		nats.ClosedHandler(func(c *nats.Conn) {
			if err := c.LastError(); err != nil {
				select {
				case refused <- err:
				default:
				}
			}
		}),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) {
			if text := err.Error(); strings.Contains(strings.ToLower(text), "authorization") || strings.Contains(text, "certificate") {
				select {
				case refused <- err:
				default:
				}
			}
		}))...)
	if err != nil {
		return fmt.Errorf("fleet: %s: %w", o.Join.Where(), err)
	}
	defer conn.Close()
	answering, err := micro.AddService(conn, micro.Config{
		Name: service, Version: "1.0.0", Description: "one machine's part in the trials of socketbench",
		Metadata: map[string]string{
			"name": o.Name, "build": child.Version(), "serve": strconv.FormatBool(o.Caps.Serve), "load": strconv.FormatBool(o.Caps.Load),
		},
	})
	if err != nil {
		return fmt.Errorf("fleet: service: %w", err)
	}
	defer answering.Stop()
	for _, e := range []struct {
		on     string
		handle micro.HandlerFunc
	}{
		{onClock, func(r micro.Request) {
			ns, err := o.Agent.Clock(ctx)
			if err != nil {
				_ = r.Error("500", err.Error(), nil)
				return
			}
			_ = r.Respond(strconv.AppendInt(nil, ns, 10))
		}},
		{onOrder, func(r micro.Request) {
			var asked order
			if err := json.Unmarshal(r.Data(), &asked); err != nil {
				_ = r.RespondJSON(answer{Error: &wireError{Text: "an order that cannot be read: " + err.Error()}})
				return
			}
			go func() { _ = r.RespondJSON(d.do(asked)) }() // the next order may be to stop this one
		}},
		{onSlice, func(r micro.Request) {
			var asked slice
			_ = json.Unmarshal(r.Data(), &asked)
			_ = r.Respond(d.slice(asked))
		}},
	} {
		if err := answering.AddEndpoint(e.on, e.handle, micro.WithEndpointSubject(subject(o.Name, e.on))); err != nil {
			return fmt.Errorf("fleet: service: %w", err)
		}
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-refused:
		return fmt.Errorf("fleet: the coordinator at %s does not let this agent in: %w; does fleet.join belong to its fleet.key, and has no other agent this name?", o.Join.Where(), err)
	}
}
