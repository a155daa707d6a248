// Package experiments runs a plan: it starts each trial's server in a fresh process, plays the load,
// reads what it cost, stores the result before the next begins, and tells whoever listens what it is
// doing as one stream of typed events.
//
// The rooms below it know nothing of each other's work. [Run] is where they meet:
//
//	spec -> plan -> (host + load) -> result -> stats -> verdict -> report
package experiments
