package cmd

import "socketbench/experiments/spec"

// commandHelp explains what a command is told, for every help text about one.
var commandHelp = `A command is given to the shell with these filled in where it uses them:

` + spec.PlaceholderHelp()
