// Package fleet has agents on other machines: a run on one machine tells them what to do over NATS (nats.io), as it tells
// agent.Here.
//
// The coordinator, which is the process of `socketbench run --fleet`, has a NATS server in it ([Hub]), to which the agents
// connect ([Engine]); so only the coordinator's address must be reachable. Every agent is a service (package micro of
// nats.go) that answers requests on subjects of its own name. [Agent] is such an agent, seen from the coordinator.
//
// All that is of NATS is in package overnats, and in a program of its own that has it (build tag nats): a server that is
// started from a program with NATS in it has half as much memory again and takes a third longer to start, whatever its
// design. That program starts servers and generators from the one without.
//
// # What travels, and when
//
// Only requests and replies of NATS itself are used. A step of a trial is one request, and it may be asked again: the agent
// keeps its answer. So a message that is lost, or a connection that is cut and comes back, loses nothing. A
// step that takes long is answered with "not yet". From the first request of a trial's clients until the window and its
// grace are over, nothing is sent, because it would share the network and the CPUs with what is measured.
//
// What NATS offers beyond that is left alone, each for a reason:
//
//   - JetStream would be a second place where results are kept, and with its usual settings it acknowledges what a crash
//     of the machine can still lose. The only durable state of a run is its results directory, synced line by line.
//   - A work queue deals work out to any worker that is free. A run is one sequence of trials on one server's machine.
//   - Leases in a store would say what an agent should run. Only the agent knows what it does run, so that the lease is
//     the agent's: when it hears nothing until the end of the trial and ten seconds, it ends its processes.
//   - Heartbeats, and figures that are streamed, are traffic within the window.
//
// # Who may do what
//
// [Engine].New makes two keys. The coordinator's key may give orders. The agents' key may only listen on the subjects of the
// agent's own name and reply, so that an agent that is taken over can order nobody about. Both sides are connected by
// TLS, and the agents accept the certificate of their key file alone. An agent does no more than its owner's flags allow
// (agent.Caps), whatever it is ordered, and prints a line for every order.
package fleet
