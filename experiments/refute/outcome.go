package refute

import (
	"fmt"
	"strings"

	"socketbench/experiments/result"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// outcome says what an attack found about a verdict: before is what the run concluded, after what the attack did.
func outcome(v result.Attacked, before, after verdict.Analysis) (t result.Tried) {
	if v.Expect != "" {
		now, found := predictionOf(after, v)
		if !found {
			return result.Tried{Outcome: Undecided, Why: "the attack has no figure for it"}
		}
		return judged(verdict.Word(v.Word), now.Word, false, now.Sentence)
	}
	was, _ := comparisonOf(before, v)
	now, found := comparisonOf(after, v)
	if !found {
		return result.Tried{Outcome: Undecided, Why: "the attack has no figure for it"}
	}
	t = judged(verdict.Word(v.Word), now.Word, verdict.Gone(was, now), now.Sentence)
	if now.Why != "" && t.Why != "" {
		t.Why = now.Why
	}
	return t
}

// judged compares the words of a verdict before and after. gone says that the difference has disappeared, although too
// little was measured to call the two equal.
func judged(was, now verdict.Word, gone bool, sentence string) result.Tried {
	t := result.Tried{Outcome: Turns, Now: sentence}
	switch {
	case now == verdict.NotAsked:
		t.Outcome, t.Why = NotAskable, sentence
	case now == was:
		t.Outcome = Same
	case now == verdict.Undecided && !gone:
		t.Outcome, t.Why = Undecided, sentence
	}
	return t
}

func comparisonOf(a verdict.Analysis, v result.Attacked) (verdict.Comparison, bool) {
	for _, f := range a.Families {
		for _, c := range f.Comparisons {
			if f.Metric == v.Metric && c.Of.Key() == v.Of.Key() && c.Of.With(f.Baseline).Key() == v.Against.Key() {
				return c, true
			}
		}
	}
	return verdict.Comparison{}, false
}

func predictionOf(a verdict.Analysis, v result.Attacked) (verdict.Prediction, bool) {
	for _, p := range a.Predictions {
		if p.Metric == v.Metric && p.Expect == v.Expect && (pair{p.Of, p.Against}).key() == (pair{v.Of, v.Against}).key() {
			return p, true
		}
	}
	return verdict.Prediction{}, false
}

// sentence sums up what was tried on a verdict: "survives 6 of 7; turns when server and generator share their CPUs". It is ""
// if no attack was reached.
func sentence(tried []result.Tried) string {
	says := map[string][]string{}
	for _, t := range tried {
		says[t.Outcome] = append(says[t.Outcome], t.Says)
	}
	same, turns, undecided := says[Same], says[Turns], says[Undecided]
	asked := len(same) + len(turns) + len(undecided)
	var parts []string
	switch {
	case asked == 0 && len(says[NotReached]) > 0:
		return ""
	case asked == 0:
		return "nothing about it can be changed here"
	case len(same) == asked && asked > 1:
		parts = append(parts, fmt.Sprintf("survives all %d", asked))
	default:
		parts = append(parts, fmt.Sprintf("survives %d of %d", len(same), asked))
	}
	if len(turns) > 0 {
		parts = append(parts, "turns "+unit.Series(turns))
	}
	if len(undecided) > 0 {
		parts = append(parts, "undecided "+unit.Series(undecided))
	}
	if n := len(says[NotReached]); n > 0 {
		parts = append(parts, fmt.Sprintf("%d not reached", n))
	}
	return strings.Join(parts, "; ")
}
