package report

import (
	"math"

	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// Winners says which designs are better and worse than the baseline by the primary metric: one sentence for the first
// condition, one for the last.
func Winners(a verdict.Analysis, registry servers.Registry) []string {
	return winners(a, newGrid(a.Cells, registry))
}

// PredictionFigure is what was measured of a prediction, with its interval: "1.08x (0.970x – 1.20x)". It is "" where
// nothing was.
func PredictionFigure(p verdict.Prediction) string {
	list, _ := predictions(verdict.Analysis{Predictions: []verdict.Prediction{p}})
	return list[0].figure()
}

// ComparisonFigure is the ratio of a comparison, with its interval; "" where there is none.
func ComparisonFigure(c verdict.Comparison) string {
	if !(c.Ratio > 0) || math.IsInf(c.Ratio, 0) {
		return ""
	}
	return ratioText(c) + " (" + interval("x", c.Low, c.High) + ")"
}

// Outcome is the word of a verdict with its sign: "✗ refuted".
func Outcome(w verdict.Word) string {
	sign, _ := outcome(w)
	return sign + " " + string(w)
}

// About says which metric and which cells a prediction is about.
func About(p verdict.Prediction) string { return about(p) }
