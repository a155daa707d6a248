package report

import "socketbench/experiments/metric"

func metricName(name string) string  { return metric.Of(name).Phrase }
func unitOf(name string) string      { return metric.Of(name).Unit }
func better(name string) int         { return metric.Of(name).Better }
func aboutMetric(name string) string { return metric.Of(name).About }
