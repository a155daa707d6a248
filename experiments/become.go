package experiments

import (
	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/patterns/child"
	"socketbench/servers"
)

// Become does the work of a process that this package has started from this program, and ends it, if this process is
// one: a server of the registry, the supervisor of a command, or a generator. Else it returns at once. A program that
// calls [Run] calls it before that.
func Become(registry servers.Registry) {
	child.Become(host.ChildCommand, host.Child(registry))
	child.Become(host.SuperviseCommand, host.Supervise)
	child.Become(load.Command, load.Main)
}
