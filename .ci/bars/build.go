package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
)

// mostForNATS is how much longer a build from nothing may take because runs over several machines meet at NATS.
const mostForNATS = 25 * time.Second

// build measures how long the program takes to be built when nothing is in Go's build cache, and how much of it NATS adds.
func (b *bars) build() *cobra.Command {
	var rounds int
	c := &cobra.Command{
		Use:   "build",
		Short: "measure a build from nothing, and how much NATS adds to it",
		Long: `Build compiles the program with an empty build cache, as after a clone, and then the program with NATS, which is built
when a run over several machines is first asked for. The second build finds in the cache what both have in common, so
that its time is what NATS adds. It exits with 1 if that is more than 25 s. Run it from the root of the repository, on a
machine that does nothing else. Modules are downloaded before the clock starts.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if rounds < 1 || rounds > 20 {
				return fmt.Errorf("build: --rounds %d is not possible; choose 1 to 20", rounds)
			}
			if _, err := b.built(c.Context(), "", "mod", "download"); err != nil {
				return err
			}
			var least time.Duration
			for i := range rounds {
				dir, err := os.MkdirTemp("", "socketbench-build-")
				if err != nil {
					return fmt.Errorf("build: %w", err)
				}
				defer os.RemoveAll(dir)
				out := filepath.Join(dir, "program")
				without, err := b.built(c.Context(), dir, "build", "-o", out, "./cmd/socketbench")
				if err != nil {
					return err
				}
				with, err := b.built(c.Context(), dir, "build", "-tags", "nats", "-o", out+"-nats", "./cmd/socketbench")
				if err != nil {
					return err
				}
				fmt.Fprintf(b.stdout, "round %d: %.1f s from nothing, and %.1f s more with NATS\n", i+1, without.Seconds(), with.Seconds())
				if i == 0 || with < least {
					least = with
				}
			}
			if least > mostForNATS {
				fmt.Fprintf(b.stdout, "NATS adds %.1f s at least; the bar is %v\n", least.Seconds(), mostForNATS)
				return errMissed
			}
			return nil
		},
	}
	c.Flags().IntVar(&rounds, "rounds", 1, "how often; the shortest time counts, because whatever disturbs a build makes it longer")
	return c
}

// built runs Go's tool with a build cache in dir, and returns how long it took.
func (b *bars) built(ctx context.Context, dir string, args ...string) (time.Duration, error) {
	c := exec.CommandContext(ctx, "go", args...)
	if c.Env = os.Environ(); dir != "" {
		c.Env = append(c.Env, "GOCACHE="+filepath.Join(dir, "cache"))
	}
	began := time.Now()
	if out, err := c.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("build: go %v: %w\n%s", args, err, out)
	}
	return time.Since(began), nil
}
