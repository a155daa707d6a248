package cmd

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments/host"
	"socketbench/experiments/load"
)

// The proof's shape: few connections, so that a generator that waits for replies omits nearly all of
// the requests that it should have sent while the server stood still.
const (
	proofConnections = 8
	proofRate        = 1000
	proofStop        = 0.14 // of the window
)

func (l *loading) runProof(c *cobra.Command) error {
	ctx := c.Context()
	entry, err := l.plainest()
	if err != nil {
		return err
	}
	placement, err := host.NewPlacement(l.placement)
	if err != nil {
		return err
	}
	server, err := new(host.Launcher).Serve(ctx, host.Options{Job: host.Job{Server: entry.Name, Transport: "tcp"}, CPUs: placement.Server})
	if err != nil {
		return err
	}
	defer server.End()
	o := l.o
	o.Address, o.Connections, o.Rate, o.Requests, o.Pipeline = server.Address, proofConnections, proofRate, 0, 1
	stop := time.Duration(proofStop * float64(o.Duration))
	fmt.Fprintf(l.stderr, "server %s, %d requests/s for %v; it is stopped for %v\n", entry.Name, proofRate, o.Duration, stop)
	line := newLive(l.stderr, o)
	o.Progress = line.show
	proof, err := load.Prove(ctx, server.PID, o, stop)
	line.end()
	if err != nil {
		return err
	}
	fmt.Fprintf(l.stdout, "The server stood still for %v of %v. Each request that was due in that time waits for the\n"+
		"rest of the stop, so the p-th percentile of response times is stop - (1-p) x window.\n\n", proof.Stop.Round(10*time.Microsecond), proof.Window)
	w := tabwriter.NewWriter(l.stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "percentile\tby arithmetic\tresponse time\tuncorrected\t")
	for _, p := range proof.Lines {
		analytic := "(not reached by the stop)"
		if p.Analytic > 0 {
			analytic = shortTime(p.Analytic)
		}
		fmt.Fprintf(w, "p%v\t%s\t%s\t%s\t\n", p.Percentile, analytic, shortTime(p.Response), shortTime(p.Service))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if proof.Problem != "" {
		return &doesNotHold{fmt.Errorf("load: proof: %s", proof.Problem)}
	}
	p99 := proof.Lines[2]
	fmt.Fprintf(l.stdout, "\nIt holds: the p99 is %+.2f %% off. Measured from the actual send it would be %.0f times smaller.\n",
		(p99.Response/p99.Analytic-1)*100, p99.Response/p99.Service)
	return nil
}
