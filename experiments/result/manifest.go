// Package result is the stored form of a run: a manifest, a line for each trial, histograms and samples. Files are synced
// before they count. Their formats are text and change only by additions, so that old runs can still be read.
package result

import (
	"math"
	"strconv"
	"time"

	"socketbench/experiments/environ"
)

// Schema is the version of the files that this package writes.
const Schema = 1

// Manifest is manifest.json: everything needed to understand a run and to repeat it.
type Manifest struct {
	Schema      int            `json:"schema"`
	Experiment  string         `json:"experiment"` // its name
	Question    string         `json:"question"`
	Spec        string         `json:"spec"` // the experiment file, whole
	Seed        uint64         `json:"seed"`
	PlanHash    string         `json:"plan_hash"`
	Command     []string       `json:"command"` // that repeats it
	Tool        string         `json:"tool"`    // version of socketbench
	Commit      string         `json:"commit,omitempty"`
	Go          string         `json:"go"`
	Started     time.Time      `json:"started"`
	Resumed     []time.Time    `json:"resumed,omitempty"`
	Finished    time.Time      `json:"finished,omitzero"`
	Overhead    float64        `json:"overhead_share,omitempty"` // of the wall time: what was neither warm-up nor window
	Host        Host           `json:"host"`
	Placement   string         `json:"placement"`
	Agents      []Agent        `json:"agents,omitempty"`       // of a run over several machines, the server's first
	Blocks      int            `json:"blocks"`                 // completed
	Planned     int            `json:"planned,omitempty"`      // trials in these blocks, without second runs; 0: the run is from before this was kept
	Decision    string         `json:"decision,omitempty"`     // why no further block was run
	Settled     map[string]int `json:"settled,omitempty"`      // servers that were measured in so many blocks only, because more trials would have told nothing that is required
	WorkUnit    float64        `json:"work_unit_ns,omitempty"` // measured cost of one iteration of Work.CPU, ns
	Profiles    []Profile      `json:"profiles,omitempty"`
	NotMeasured []string       `json:"not_measured"` // what a reader must not conclude
	Unasked     []Unasked      `json:"unasked,omitempty"`

	Capacities []Capacity `json:"capacities,omitempty"` // what servers carry here, measured before the first block
	Loads      []Frozen   `json:"loads,omitempty"`      // what the utilizations of the experiment come to; the plan's hash covers them

	Headrooms []Headroom `json:"headrooms,omitempty"` // how much more load designs take, searched after the last block

	Environment []environ.Setting `json:"environment,omitempty"` // variables of the shell that change behaviour
}

// Names of raw figures of a trial over several machines, each followed by the name of an agent.
const (
	RoundTrip      = "round_trip_ns."   // the least, between this machine and the agent's
	BeganLate      = "began_late_ns."   // how long after the moment that it was told the agent's clients could send
	SegmentsSent   = "segments_sent."   // TCP segments that the agent's machine sent in the window
	SegmentsResent = "segments_resent." // of them, those that it sent again
)

// Unasked is a cell that the plan leaves out, because its design does not promise to serve such a load.
type Unasked struct {
	Cell Cell   `json:"cell"`
	Why  string `json:"why"` // a clause without a full stop
}

// Profile is one file below profiles/, from a trial that does not count.
type Profile struct {
	Cell Cell   `json:"cell"`
	Kind string `json:"kind"` // cpu, trace
	File string `json:"file"`
}

// Host is the machine as the run saw it.
type Host struct {
	OS         string            `json:"os"`
	Arch       string            `json:"arch"`
	Kernel     string            `json:"kernel,omitempty"`
	CPUModel   string            `json:"cpu_model,omitempty"`
	CPUs       int               `json:"cpus"`
	ServerCPUs []int             `json:"server_cpus,omitempty"`
	ClientCPUs []int             `json:"client_cpus,omitempty"`
	MemoryKiB  int64             `json:"memory_kib,omitempty"`
	Limits     map[string]uint64 `json:"limits,omitempty"`  // nofile, nproc, memlock, stack, as; see LimitText
	Sysctls    map[string]string `json:"sysctls,omitempty"` // those that matter
	StealShare float64           `json:"steal_share"`       // of CPU time over the run, 0..1
}

// LimitText writes one of Host.Limits.
func LimitText(limit uint64) string {
	if limit == math.MaxUint64 {
		return "unlimited"
	}
	return strconv.FormatUint(limit, 10)
}
