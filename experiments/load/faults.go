package load

import "slices"

// Faults lists the kinds of failed connections that are counted, as the metrics errors.KIND. A trial in which none of
// a kind failed has no such metric.
func Faults() []string { return slices.Clone(faultNames[:]) }
