package cmd

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"socketbench/experiments/fleet"
)

// fleet is the command that makes keys.
func (a *app) fleet() *cobra.Command {
	c := &cobra.Command{
		Use:   "fleet",
		Short: "make the keys for a run over several machines",
		Example: "  socketbench fleet new 10.0.0.1:7422\n" +
			"  socketbench fleet kubernetes",
		Args: arguments(0, 0),
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var dir, listen, creds, agentCreds, authority string
	make := &cobra.Command{
		Use:   "new ADDRESS|URL",
		Short: "write fleet.key, which stays here, and fleet.join, which every agent gets",
		Long: `New makes the keys of a fleet. ADDRESS is the literal address and port of this machine at which agents reach
it while a run is under way: no name, and a port that does not change.

fleet.key lets its owner give orders to the agents. It stays on this machine. fleet.join lets an agent connect, and
do nothing else: it cannot give orders. Copy it to the machines of the agents. Both may be read by you alone.

With the URLs of NATS servers of your own, separated by commas, all meet there, and nothing listens here. Then those
servers say who may do what. An agent called NAME subscribes to socketbench.NAME.> and to $SRV.> of micro services, and
publishes replies alone; the coordinator publishes on socketbench.> and $SRV.INFO.>, and subscribes to _INBOX.>. Servers
ping their clients, every two minutes if nothing else is set: a window may then have a few bytes of theirs in it.`,
		Example: "  socketbench fleet new 10.0.0.1:7422\n" +
			"  socketbench fleet new tls://nats.example.com:4222 --creds mine.creds",
		Args: arguments(1, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			k, j, err := a.newKeys(args[0], listen, creds, agentCreds, authority)
			if err != nil {
				return err
			}
			key, join := filepath.Join(dir, "fleet.key"), filepath.Join(dir, "fleet.join")
			if err := fleet.Write(key, k); err != nil {
				return err
			}
			if err := fleet.Write(join, j); err != nil {
				return errors.Join(err, os.Remove(key)) // neither is of use without the other
			}
			fmt.Fprintf(a.stdout, "%s stays here and gives orders; %s is for the agents.\nOn the server's machine: socketbench agent fleet.join --serve\n"+
				"On every machine that loads: socketbench agent fleet.join --load --allow ADDRESS, where ADDRESS is the server's\n"+
				"Here: socketbench run EXPERIMENT --fleet %[1]s --serve-on NAME --load-on 1\n", key, join)
			return nil
		},
	}
	f := make.Flags()
	f.StringVar(&dir, "dir", "", "write the files to `DIR` (default: the current directory)")
	f.StringVar(&listen, "listen", "", "literal `ADDRESS` on which this machine listens, if agents reach it by another")
	f.StringVar(&creds, "creds", "", "credentials `FILE` of the coordinator at NATS servers of your own")
	f.StringVar(&agentCreds, "agent-creds", "", "credentials `FILE` of the agents there (default: those of the coordinator)")
	f.StringVar(&authority, "ca", "", "certificate `FILE` that those servers are signed with (default: what this system trusts)")
	c.AddCommand(make, &cobra.Command{
		Use:     "kubernetes",
		Short:   "print a manifest with which agents and run are pods",
		Example: "  socketbench fleet kubernetes > fleet.yaml",
		Args:    arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.stdout, fleet.Kubernetes)
			return err
		},
	})
	return c
}

// newKeys makes the keys of a fleet that meets at a literal address of this machine, or at NATS servers.
func (a *app) newKeys(where, listen, creds, agentCreds, authority string) (k fleet.Key, j fleet.Join, err error) {
	if !strings.Contains(where, "://") {
		if creds+agentCreds+authority != "" {
			return k, j, errors.New("fleet new: --creds, --agent-creds and --ca are for NATS servers of your own, as tls://nats.example.com:4222")
		}
		if err = fleet.CheckAddress(where, listen); err == nil {
			err = a.withNATS()
		}
		if err != nil {
			return k, j, err
		}
		return fleet.Over.New(where, listen)
	}
	if listen != "" {
		return k, j, errors.New("fleet new: --listen is for a coordinator that listens itself, and not for NATS servers of your own")
	}
	var texts [3]string
	for i, path := range []string{creds, cmp.Or(agentCreds, creds), authority} {
		if path == "" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return k, j, fmt.Errorf("fleet new: %w", err)
		}
		texts[i] = string(text)
	}
	coordinator := fleet.Servers{URLs: where, Credentials: texts[0], Authority: texts[2]}
	agents := fleet.Servers{URLs: where, Credentials: texts[1], Authority: texts[2]}
	if err = coordinator.Check(); err == nil {
		err = a.withNATS()
	}
	if err != nil {
		return k, j, err
	}
	return fleet.Over.NewAt(coordinator, agents)
}
