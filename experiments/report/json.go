package report

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
	"time"

	"socketbench/experiments/quote"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// reportSchema is the version of the document that the format json writes. Under the same number fields may be added,
// but none is removed or given another meaning.
const reportSchema = 1

// reportJSON is a whole report as one document of strict JSON: all that the text says, and the figures behind it. No key
// is ever missing: a value that is not known is null, and an empty list is []. Values are in the base units of the
// metrics (ns, bytes, requests/s). Cells are named by "server" and the varied fields.
type reportJSON struct {
	Schema      int               `json:"schema"`
	Experiment  string            `json:"experiment"`
	Question    string            `json:"question"`
	Started     string            `json:"started" about:"RFC 3339; \"\" where it is not known"`
	Command     []string          `json:"command" about:"that repeats the run"`
	Commands    spec.Commands     `json:"commands" about:"what runs the servers that are called by a name of their own, by that name"`
	Seed        uint64            `json:"seed"`
	Placement   string            `json:"placement"`
	Agents      []result.Agent    `json:"agents,omitempty"` // of a run over several machines
	Tool        string            `json:"tool"`
	Go          string            `json:"go"`
	Host        result.Host       `json:"host"`
	State       []string          `json:"state" about:"what is wrong with the run as a whole"`
	Faults      []faultJSON       `json:"faults" about:"how servers failed"`
	Lead        []string          `json:"lead" about:"what happened, in sentences"`
	Capacities  []result.Capacity `json:"capacities,omitempty" about:"what servers carried before the first block, in requests/s"`
	Loads       []result.Frozen   `json:"loads,omitempty" about:"what the utilizations of each condition came to; capacity is an index"`
	Cells       []cellJSON        `json:"cells"`
	Noise       []noiseJSON       `json:"noise"`
	Comparisons []comparisonJSON  `json:"comparisons"`
	Required    []requiredJSON    `json:"required" about:"what became of the requirements, for each design: those that meet all first, the cheapest before the others"`
	Decides     []string          `json:"decides" about:"what is known of the backend, and which designs meet all, in sentences"`
	Attacked    []attackedJSON    `json:"attacked" about:"what was tried to overturn the verdicts (socketbench refute), the most doubtful verdict first"`
	Tally       string            `json:"tally" about:"of the predictions"`
	Predictions []predictionJSON  `json:"predictions"`
	Invalid     []problemJSON     `json:"invalid" about:"trials that were not used"`
	Warnings    []problemJSON     `json:"warnings" about:"trials that were used with a warning"`
	Repeated    []problemJSON     `json:"repeated" about:"trials that were run again because the machine disturbed them; the second run was used"`
	NotAsked    []notAskedJSON    `json:"not_asked" about:"cells that were not run"`
	NotMeasured []string          `json:"not_measured" about:"what a reader must not conclude"`
	Gate        gateJSON          `json:"gate"`
}

// cellJSON is one cell with its figures, by metric.
type cellJSON struct {
	Cell    result.Cell          `json:"cell"`
	Where   string               `json:"where" about:"the varied fields in words"`
	Trials  int                  `json:"trials" about:"valid ones"`
	Metrics map[string]valueJSON `json:"metrics"`
	CPUs    *float64             `json:"server_cpus" about:"that the server had; null where nobody knows"`
	Limits  limitsJSON           `json:"limits"`
}

// limitsJSON counts the blocks in which something held the server's rate back.
type limitsJSON struct {
	Blocks    int `json:"blocks" about:"that have a valid trial"`
	Saturated int `json:"saturated" about:"in which the server's CPUs were full; with several requests at each wake-up, each costs less than at part load"`
	Behind    int `json:"behind" about:"in which the server answered less than an open loop offered; response times grow with the window then"`
	Generator int `json:"generator" about:"in which the generator of a closed loop had no CPU left; rates are lower bounds then, and times upper ones"`
}

// valueJSON is a figure with its 95 % interval.
type valueJSON struct {
	Unit       string   `json:"unit"`
	Value      *float64 `json:"value" about:"median of the trials; a percentile is that of all requests together; null: too few requests"`
	Low        *float64 `json:"low" about:"null where there is no interval"`
	High       *float64 `json:"high"`
	Total      *float64 `json:"total" about:"sum of a count over all valid trials, which shows what the median does not; null for other units"`
	Trials     int      `json:"trials" about:"from which the interval is computed"`
	AtLeast    bool     `json:"at_least" about:"the value is a lower bound, because requests were unanswered"`
	Most       *float64 `json:"most" about:"an upper bound; null: none is known, or at_least is false"`
	TooFew     bool     `json:"too_few" about:"fewer than 10 requests lie beyond the percentile"`
	LowerBound bool     `json:"lower_bound" about:"the value is a lower bound, because the generator limited it, or because it is the time of a queue that grows with the window"`
	UpperBound bool     `json:"upper_bound" about:"the value is an upper bound, because the generator limited it"`
}

// noiseJSON is by how much two equal servers differed, as ratios.
type noiseJSON struct {
	Metric string   `json:"metric"`
	Center *float64 `json:"center"`
	Half   *float64 `json:"half"`
	Floor  *float64 `json:"floor"`
	Pairs  int      `json:"pairs"`
}

// comparisonJSON is a server against the baseline.
type comparisonJSON struct {
	Metric   string      `json:"metric"`
	Baseline string      `json:"baseline"`
	Cell     result.Cell `json:"cell"`
	Ratio    *float64    `json:"ratio"`
	Low      *float64    `json:"low"`
	High     *float64    `json:"high"`
	P        *float64    `json:"p" about:"after Holm's correction"`
	Word     string      `json:"word"`
	Why      string      `json:"why"`
	Sentence string      `json:"sentence"`
	Survives string      `json:"survives" about:"what attacks on it found (socketbench refute); \"\" where none was tried"`
	On       string      `json:"on" about:"'on 1 server CPU', with ', shared with the generator' where that is so, or nothing"`
	Marks    []string    `json:"marks" about:"what limited either figure, such as 'goroutine at saturation in 3 of 3 blocks'"`
}

type predictionJSON struct {
	Claim    string      `json:"claim"`
	Metric   string      `json:"metric"`
	Of       result.Cell `json:"of"`
	Against  result.Cell `json:"against" about:"{} where the prediction is about the value itself"`
	Expect   string      `json:"expect"`
	IsRatio  bool        `json:"is_ratio"`
	Value    *float64    `json:"value" about:"null where there is no figure"`
	Low      *float64    `json:"low"`
	High     *float64    `json:"high"`
	Word     string      `json:"word"`
	Sentence string      `json:"sentence"`
	Refuted  string      `json:"refuted" about:"what it means that the prediction is refuted; \"\" where it is not"`
	Survives string      `json:"survives" about:"as of a comparison"`
	On       string      `json:"on" about:"as of a comparison"`
	Marks    []string    `json:"marks" about:"what limited either figure"`
}

type problemJSON struct {
	Cell    result.Cell `json:"cell"`
	Block   int         `json:"block" about:"from 0"`
	Reasons []string    `json:"reasons"`
}

type faultJSON struct {
	Cell     result.Cell `json:"cell"`
	Blocks   []int       `json:"blocks" about:"from 0"`
	Kind     string      `json:"kind"`
	Sentence string      `json:"sentence"`
	Words    string      `json:"words" about:"the end of its standard error"`
}

type notAskedJSON struct {
	Cell result.Cell `json:"cell"`
	Why  string      `json:"why"`
}

func writeJSON(w io.Writer, p page, in Input) error {
	a, m := in.Analysis, in.Run.Manifest
	out := reportJSON{
		Schema: reportSchema, Experiment: p.Experiment, Question: p.Question, Command: orEmpty(m.Command), Commands: spec.Commands{}, Seed: m.Seed,
		Placement: m.Placement, Agents: m.Agents, Tool: m.Tool, Go: m.Go, Host: m.Host, State: orEmpty(p.State), Lead: orEmpty(p.Lead),
		Capacities: m.Capacities, Loads: m.Loads,
		Faults: []faultJSON{}, Cells: []cellJSON{}, Noise: []noiseJSON{}, Comparisons: []comparisonJSON{}, Required: newRequiredJSON(a.Required), Decides: orEmpty(p.Decides), Attacked: newAttackedJSON(in.Run.Refuted), Tally: p.Tally, Predictions: []predictionJSON{},
		Invalid: problemsJSON(a.Invalid), Warnings: problemsJSON(a.Warnings), Repeated: problemsJSON(a.Repeated), NotAsked: []notAskedJSON{},
		NotMeasured: orEmpty(p.NotMeasured), Gate: newGateJSON(in.Gate),
	}
	if !m.Started.IsZero() {
		out.Started = m.Started.UTC().Format(time.RFC3339)
	}
	maps.Copy(out.Commands, a.Experiment.Commands)
	for _, f := range a.Faults {
		out.Faults = append(out.Faults, faultJSON{f.Cell, orEmpty(f.Blocks), f.Kind, f.Sentence(), f.Words})
	}
	for _, c := range a.Cells {
		one := cellJSON{Cell: c.ID, Where: verdict.Condition(c.ID), Trials: c.Trials, Metrics: map[string]valueJSON{},
			CPUs: above(float64(verdict.ServerCPUs(m, c.ID))), Limits: limitsJSON(c.Limits)}
		for name, s := range c.Metrics {
			one.Metrics[name] = newValueJSON(name, s)
		}
		out.Cells = append(out.Cells, one)
	}
	for _, metric := range slices.Sorted(maps.Keys(a.Floor)) {
		f := a.Floor[metric]
		out.Noise = append(out.Noise, noiseJSON{metric, finite(f.Center), finite(f.Half), finite(f.Floor), f.N})
	}
	for _, f := range a.Families {
		for _, c := range f.Comparisons {
			out.Comparisons = append(out.Comparisons, comparisonJSON{f.Metric, f.Baseline, c.Of, above(c.Ratio), above(c.Low), above(c.High),
				finite(c.P), string(c.Word), c.Why, c.Sentence, c.Survives, f.On, orEmpty(c.Marks)})
		}
	}
	for i, v := range a.Predictions {
		one := predictionJSON{Claim: v.Claim, Metric: v.Metric, Of: v.Of, Against: v.Against, Expect: v.Expect, IsRatio: v.Ratio,
			Word: string(v.Word), Sentence: v.Sentence, Refuted: p.Predictions[i].Refuted, Survives: v.Survives, On: v.On, Marks: orEmpty(v.Marks)}
		if one.Against == nil {
			one.Against = result.Cell{}
		}
		if p.Predictions[i].Value != "" {
			one.Value, one.Low, one.High = finite(v.Value), finite(v.Low), finite(v.High)
		}
		out.Predictions = append(out.Predictions, one)
	}
	for _, u := range m.Unasked {
		out.NotAsked = append(out.NotAsked, notAskedJSON{u.Cell, u.Why})
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(quote.JSON(text), '\n'))
	return err
}

func newValueJSON(name string, s verdict.Summary) valueJSON {
	v := valueJSON{Unit: unitOf(name), Trials: s.N, AtLeast: s.AtLeast, TooFew: s.TooFew, LowerBound: s.LowerBound, UpperBound: s.UpperBound}
	if s.TooFew {
		return v
	}
	v.Value = finite(s.Center)
	if v.Unit == "count" {
		v.Total = finite(s.Total)
	}
	if s.N >= 2 {
		v.Low, v.High = finite(s.Low), finite(s.High)
	}
	if s.AtLeast {
		v.Most = finite(s.Most)
	}
	return v
}

func problemsJSON(list []verdict.Problem) []problemJSON {
	out := []problemJSON{}
	for _, p := range list {
		out = append(out, problemJSON{p.Cell, p.Block, orEmpty(p.Reasons)})
	}
	return out
}
