package experiments

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"socketbench/experiments/host"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/servers"
)

// profilesDir is where profiles are kept below a results directory.
const profilesDir = "profiles"

// profiles runs one more trial of each cell for each kind of profile. None of them counts: a profiled
// server is slower.
func (r *runner) profiles(ctx context.Context) error {
	dir := filepath.Join(r.Dir, profilesDir)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("experiments: profiles: %w", err)
	}
	have := map[string]bool{}
	for _, p := range r.manifest.Profiles {
		have[p.File] = true
	}
	for i, cell := range r.Plan.Cells {
		for _, kind := range r.Profiles {
			if err := ctx.Err(); err != nil {
				return err
			}
			p := result.Profile{Cell: cell.ID, Kind: kind, File: fmt.Sprintf("%03d-%s.%s", i, kind, suffix(kind))}
			if have[p.File] || foreign(cell, r.Registry) {
				continue
			}
			path, err := filepath.Abs(filepath.Join(dir, p.File))
			if err == nil {
				err = r.profiled(ctx, i, kind, path)
			}
			if err == nil {
				r.manifest.Profiles = append(r.manifest.Profiles, p)
			}
			r.Emit(Profiled{Profile: p, Path: path, Err: err})
		}
	}
	return nil
}

// foreign reports whether the server of a cell is a program of its own, in which nobody can ask for a profile.
func foreign(c plan.Cell, registry servers.Registry) bool {
	entry, err := registry.Lookup(c.Server)
	return c.Command != "" || err == nil && entry.Launch != nil
}

// Unprofiled says of each server that cannot be profiled why that is so.
func Unprofiled(p plan.Plan, registry servers.Registry) (list []string) {
	for _, c := range p.Cells {
		s := fmt.Sprintf("no profile of %s: it is a program of its own; its language's own tools make them", c.Server)
		if foreign(c, registry) && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

func suffix(kind string) string {
	if kind == host.ProfileCPU {
		return "pprof"
	}
	return "out"
}

// profiled runs one cell while its server writes a profile, and stores that at path.
func (r *runner) profiled(ctx context.Context, cell int, kind, path string) error {
	m := measurement{runner: r, planned: plan.Trial{Cell: cell, Seed: r.Plan.Seed}, cell: r.Plan.Cells[cell], uncounted: true, attempted: 1, profile: kind}
	m.measure(ctx)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case m.broken != nil:
		return m.broken
	case m.served.NoProfile != "":
		return errors.New(m.served.NoProfile)
	case m.load == nil:
		return fmt.Errorf("experiments: nothing was played: %v", m.trial.Reasons)
	}
	return os.WriteFile(path, m.served.Profile, 0o666)
}
