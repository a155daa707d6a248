package cmd

import _ "socketbench/experiments/fleet/overnats" // as in the program that runs over several machines
