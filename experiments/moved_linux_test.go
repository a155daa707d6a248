package experiments

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/host"
)

// A server that does not stay on the CPUs that its trial names makes that trial invalid, and no other.
func TestTrialOfAServerThatLeavesItsCPUsIsInvalid(t *testing.T) {
	placement, err := host.NewPlacement(host.Split)
	if err != nil {
		t.Skipf("needs two CPUs that can be chosen: %v", err)
	}
	for program, debian := range map[string]string{"taskset": "util-linux", "python3": "python3"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("needs %s (Debian: %s)", program, debian)
		}
	}
	const everywhere = "0-1023"
	moved := "taskset -c " + everywhere + " python3 -c 'import asyncio\nasync def talk(r, w):\n while d := await r.read(9999): w.write(d.upper())\n w.close()\nasync def main():\n async with await asyncio.start_server(talk, \"127.0.0.1\", {port}) as s: await s.serve_forever()\nasyncio.run(main())'"
	p := small(t, "goroutine", moved)
	p.Trials = p.Block(0)
	for i := range p.Cells {
		p.Cells[i].Placement = placement.Name
	}
	r, err := run(t, p, nil)
	require.NoError(t, err)
	require.NotEmpty(t, r.Trials)
	for _, trial := range r.Trials {
		said := trial.Reasons.String()
		if trial.Cell.Server() == moved {
			require.False(t, trial.Valid)
			require.Contains(t, said, "before the window the server was not confined to its CPUs: process")
		} else {
			require.NotContains(t, said, "confined")
		}
	}
}
