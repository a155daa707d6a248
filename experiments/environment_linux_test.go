package experiments

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/agent"
	"socketbench/experiments/environ"
	"socketbench/experiments/result"
)

// What stands above a server may change its environment: what a trial says of it is read from the process that serves.
func TestTrialOfAServerWithAnotherEnvironmentSaysSo(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("needs python3 (Debian: python3)")
	}
	dir := t.TempDir()
	wrapper, program := filepath.Join(dir, "wrapper"), filepath.Join(dir, "served.py")
	require.NoError(t, os.WriteFile(wrapper, []byte("#!/bin/sh\nunset LC_ALL\nGOGC=off \"$@\"; true\n"), 0o700))
	require.NoError(t, os.WriteFile(program, []byte(`
import asyncio, sys
async def talk(r, w):
    while d := await r.read(9999): w.write(d.upper())
    w.close()
async def main():
    async with await asyncio.start_server(talk, "127.0.0.1", int(sys.argv[1])) as s: await s.serve_forever()
asyncio.run(main())
`), 0o600))
	serve := " python3 " + program + " {port}"
	direct, wrapped, named, ordered := "exec"+serve, wrapper+serve, "GOGC=off"+serve, wrapper+serve+" ordered"
	p := small(t, direct, wrapped, named, ordered)
	p.Trials = p.Block(0)
	for i := range p.Cells {
		if p.Cells[i].Server == ordered {
			p.Cells[i].GOGC = 50
		}
	}
	r, err := run(t, p, nil)
	require.NoError(t, err)
	require.NotEmpty(t, r.Trials)
	const language = "warning: LC_ALL is not set in the server's environment, and was C.UTF-8 when the run started it: a program between them has changed it"
	for _, trial := range r.Trials {
		said := trial.Reasons.String()
		switch trial.Cell.Server() {
		case direct, named:
			require.NotContains(t, said, "environment")
		case wrapped:
			require.Contains(t, said, language)
			require.Contains(t, said, "warning: GOGC is off in the server's environment, and was not set when the run started it")
		case ordered:
			require.False(t, trial.Valid)
			require.Contains(t, said, language)
			require.Contains(t, said, "GOGC is off in the server's environment, and was 50 when the run started it")
		}
	}
}

// A server that is started anew in the window, in another environment, is not the one that its trial names.
func TestEnvironmentThatChangesInTheWindowIsInvalid(t *testing.T) {
	off := []environ.Change{{Name: "GOGC", Before: "not set", After: "off"}}
	for _, c := range []struct {
		from, to agent.Reading
		valid    bool
	}{
		{agent.Reading{Served: true}, agent.Reading{Served: true}, true},
		{agent.Reading{Served: true, Changes: off}, agent.Reading{Served: true, Changes: off}, true},
		{agent.Reading{Served: true}, agent.Reading{Served: true, Changes: off}, false},
		{agent.Reading{Served: true, Changes: off}, agent.Reading{Served: true}, false},
		{agent.Reading{Served: true, Changes: off}, agent.Reading{}, true}, // it has ended, which is said elsewhere
	} {
		m := &measurement{trial: result.Trial{Valid: true}, served: agent.Outcome{Seen: agent.Seen{From: c.from, To: c.to}}}
		m.stillEquipped()
		require.Equal(t, c.valid, m.trial.Valid, "%+v", c)
	}
}
