//go:build nats

package main

import _ "socketbench/experiments/fleet/overnats" // the engine of runs over several machines
