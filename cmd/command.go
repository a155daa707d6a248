package cmd

import "socketbench/experiments/spec"

// commandHelp explains the placeholders of a command, for every help text about one.
var commandHelp = `A shell runs the command. These placeholders in it are replaced by their values:

` + spec.PlaceholderHelp()
