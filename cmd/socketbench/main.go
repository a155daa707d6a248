// Socketbench compares concurrency designs of socket servers.
package main

import (
	"os"

	"socketbench/cmd"
)

func main() {
	os.Exit(cmd.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
