// Package host starts the servers of a run, each in a process of its own on the CPUs it was given,
// reads what they use, and ends them.
//
// A registered server runs in a child process of the same program ([Child]); a server in another
// language runs under a supervising child ([Supervise]). Both are told what to do, and answer, by package
// child, which also sees to it that none outlives this process; see [Command].
//
// What a server costs is read from outside, the same way for every language ([Usage]); what only the
// server's own runtime knows is asked over the pipe ([Snapshot]).
package host
