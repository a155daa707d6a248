// Package plan turns an experiment and a seed into the exact ordered list of trials, the same on every
// machine that has the designs.
package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"socketbench/experiments/load"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/servers"
)

// Plan is what a run will do, up to its cap of blocks.
type Plan struct {
	Experiment spec.Experiment // as it is run; the baseline is one that is here
	Seed       uint64
	Cells      []Cell
	Trials     []Trial          // every block runs each cell once in random order, and one of them twice
	Skipped    []string         // a sentence for each design that this platform lacks; Unasked gives it as the reason
	Unasked    []result.Unasked // cells that a server cannot serve by what it promises, or cannot be told; never run
	Cut        []string         // a sentence for each number of clients that the caller has cut down; see spec.Experiment.Fit
	Untold     []string         // a sentence for each server that runs without settings that it need not have

	Searches   []Search          // what must be measured before the first trial, because loads are given as utilizations; see Freeze
	Capacities []result.Capacity // what was found
	Loads      []result.Frozen   // what the utilizations come to

	Hash string // of Experiment, Seed, Cells, Trials and Loads
}

// Cell is one combination of server and varied fields, with the options that follow from it.
type Cell struct {
	ID         result.Cell // as stored: {"server": ..., "load.idle": ...}
	Server     string
	Command    string       // what runs it, with its placeholders; "": it is a registered server
	Load       load.Options // without Address, Seed and CPUs, which a trial adds
	Shares     spec.Shares  // what of Load is given as a utilization; it is 0 there until Freeze sets it
	Config     servers.Config
	Transport  string
	Placement  string
	GOMAXPROCS int
	GOGC       int
}

// Trial is one line of the plan.
type Trial struct {
	Cell  int    // index into Plan.Cells
	Label string // result.LabelFirst, or result.LabelSecond for the second trial of the A/A pair
	Block int    // from 0
	Order int    // position in the plan, from 0
	Seed  uint64 // of the generator; the same for all cells of a block, so that all see the same schedule
}

// New lays out a run. The plan depends on nothing but the arguments: equal arguments give an equal plan on any machine
// and with any version of Go. Designs that this platform lacks or refuses are named in Skipped, and their cells in
// Unasked. It is an error if no cell is left.
func New(e spec.Experiment, seed uint64, registry servers.Registry) (p Plan, err error) {
	p.Seed = seed
	var have []string
	missing := map[string]string{}
	entries := map[string]servers.Entry{} // a command of the user's has none
	for _, s := range e.Servers {
		if _, command := e.Commands.Of(s); !command {
			entry, err := registry.Lookup(s)
			if err != nil {
				k := slices.IndexFunc(registry, func(r servers.Entry) bool { return r.Name == s })
				if k < 0 {
					return Plan{}, err
				}
				missing[s] = fmt.Sprintf("%s %s", s, registry[k].Missing())
				p.Skipped = append(p.Skipped, missing[s])
				continue
			}
			if datagrams := entry.NewPacket != nil || entry.Datagrams; datagrams != (e.Transport == "udp") && !e.Varies("transport") {
				return Plan{}, fmt.Errorf("plan: server %q answers datagrams, or the experiment sends them (transport: udp), and not both", s)
			}
			entries[s] = entry
		}
		have = append(have, s)
	}
	if len(have) == 0 {
		return Plan{}, fmt.Errorf("plan: experiment %q has no server that runs here: %s; name others with --servers (socketbench list servers)",
			e.Name, strings.Join(p.Skipped, "; "))
	}
	if !slices.Contains(have, e.Baseline) {
		e.Baseline = have[0]
	}
	if !slices.Contains(have, e.UtilizationOf) {
		e.UtilizationOf = ""
	}
	p.Experiment = e
	late := e.Late()
	for _, server := range e.Servers {
		e.Conditions(func(condition map[string]any, c spec.Experiment) bool {
			id := result.Cell(condition).With(server)
			why := cmp.Or(missing[server], unaskable(entries[server], c))
			if why == "" {
				why = p.untold(server, entries[server], c, condition)
			}
			if why != "" {
				p.Unasked = append(p.Unasked, result.Unasked{Cell: id, Why: why})
				return true
			}
			command, _ := c.Commands.Of(server)
			c.Load.Late = late
			p.Cells = append(p.Cells, Cell{
				ID: id, Server: server, Command: command, Load: c.Load, Shares: c.Shares, Config: c.Config,
				Transport: c.Transport, Placement: c.Placement, GOMAXPROCS: c.GOMAXPROCS, GOGC: c.GOGC,
			})
			return true
		})
	}
	if len(p.Cells) == 0 {
		return Plan{}, fmt.Errorf("plan: nothing is left to run: %s", p.Unasked[0].Why)
	}
	if err := p.search(entries); err != nil {
		return Plan{}, err
	}
	for block := range e.MaxBlocks {
		p.block(block)
	}
	p.Hash, err = p.hash()
	return p, err
}

// unaskable says why a design cannot run under the conditions of a cell; "" if it can. What a design only does badly,
// the measurement shows.
func unaskable(e servers.Entry, c spec.Experiment) string {
	clients := c.Load.Clients()
	switch {
	case e.Traits.MaxFD > 0 && clients+spec.OwnDescriptors > e.Traits.MaxFD:
		return fmt.Sprintf("%s refuses descriptors from %s on, and there are %s clients", e.Name, unit.Count(e.Traits.MaxFD), unit.Count(clients))
	case e.Traits.PerConn*time.Duration(clients) > longestRound:
		return fmt.Sprintf("%s waits up to %v at each silent connection, so that a round of %s takes %v", e.Name, e.Traits.PerConn, unit.Count(clients), e.Traits.PerConn*time.Duration(clients))
	}
	return ""
}

// longestRound is the longest time that a design may take to visit all connections while they are silent, as all are
// until the last client has connected. If it takes longer, the crowd needs minutes to connect, and nobody is answered
// within a window.
const longestRound = 5 * time.Second

// hash identifies everything that decides a run: the experiment as text, the seed, the cells and their order, and what
// its utilizations come to.
func (p *Plan) hash() (string, error) {
	ids := make([]result.Cell, len(p.Cells))
	for i, c := range p.Cells {
		ids[i] = c.ID
	}
	text, err := json.Marshal(struct {
		Spec   string
		Seed   uint64
		Cells  []result.Cell
		Trials []Trial
		Loads  []result.Frozen `json:",omitempty"`
	}{string(p.Experiment.YAML()), p.Seed, ids, p.Trials, p.Loads})
	if err != nil {
		return "", fmt.Errorf("plan: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// block appends one block: each cell once, and one cell of the baseline a second time, all in random
// order. Each block repeats the next cell of the baseline, so that the noise floor is that of the whole table. Crowds that
// serve an extrapolation alone are not in every block.
func (p *Plan) block(block int) {
	random := rand.NewPCG(p.Seed, uint64(block))
	schedule := random.Uint64() >> 1 // of the generator; positive as a signed number too
	var paired []int
	order := make([]int, 0, len(p.Cells)+1)
	for i, c := range p.Cells {
		if !p.Experiment.Measured(c.Load.Idle, block) {
			continue
		}
		order = append(order, i)
		if c.Server == p.Experiment.Baseline {
			paired = append(paired, i)
		}
	}
	if len(paired) == 0 { // the baseline can be asked nothing here
		paired = order
	}
	order = append(order, paired[block%len(paired)])
	shuffle(random, order)
	seen := make(map[int]bool, len(order))
	for _, cell := range order {
		label := result.LabelFirst
		if seen[cell] {
			label = result.LabelSecond
		}
		seen[cell] = true
		p.Trials = append(p.Trials, Trial{Cell: cell, Label: label, Block: block, Order: len(p.Trials), Seed: schedule})
	}
}

// shuffle is the algorithm of Fisher and Yates. It is written out because a plan must not change with the
// version of Go: math/rand/v2 promises the numbers of its sources, but not how it shuffles with them. The
// multiplication differs from an exactly even choice by less than one in 2^50.
func shuffle(random *rand.PCG, order []int) {
	for i := len(order) - 1; i > 0; i-- {
		j, _ := bits.Mul64(random.Uint64(), uint64(i+1))
		order[i], order[j] = order[j], order[i]
	}
}

// Blocks returns the trials, block by block.
func (p Plan) Blocks() (blocks [][]Trial) {
	for i, t := range p.Trials {
		if i == 0 || p.Trials[i-1].Block != t.Block {
			blocks = append(blocks, nil)
		}
		last := len(blocks) - 1
		blocks[last] = append(blocks[last], t)
	}
	return blocks
}

// Block returns the trials of one block; none beyond the cap.
func (p Plan) Block(block int) []Trial {
	if blocks := p.Blocks(); block < len(blocks) {
		return blocks[block]
	}
	return nil
}

// Length is the time that the trials of the first block take, without starting and stopping servers.
func (p Plan) Length() (block time.Duration) {
	for _, t := range p.Block(0) {
		l := p.Cells[t.Cell].Load
		block += l.Warmup + l.Duration
	}
	return block
}
