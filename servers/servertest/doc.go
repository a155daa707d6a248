// Package servertest is the contract of an uppercase server as a suite that anyone can run: [Run] asks
// a design of the registry, [Check] any server that listens somewhere, in any language.
//
// Every case is one rule, with a sentence that says why it exists and a conversation that shows whether
// a server keeps it. A case that fails says what was sent and what came back. Nothing here asserts on
// how fast a server is: a case fails when something wrong arrives, or when nothing happens for as long as
// [Options.Patience]. A quiet moment in a case only gives a fault the time to show; a good server
// passes however slow the machine is.
//
// What the suite knows about a server decides which rules it asks about. At a bare address it can only talk. A server
// that it can start it can also stop, give small limits and watch for what it leaves behind. In a server of the same
// process it can make the handler block and panic as well.
package servertest
