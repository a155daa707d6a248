package sidebyside

// Fold is a run of rows with nothing to see.
type Fold struct {
	Rows   []Row
	Folded bool
}

// nearby is how many equal lines stay open beside a difference; shorter runs are not worth a fold.
const (
	nearby = 2
	worthy = 4
)

// Folds cuts the rows of a section into runs that are shown and runs that are folded. Where all rows are
// the same, all are folded. In a view of one design nothing is.
func (s Section) Folds() []Fold {
	if len(s.Rows) == 0 {
		return nil
	}
	keep := make([]bool, len(s.Rows))
	for i, r := range s.Rows {
		if r.Kind == Same {
			continue
		}
		for j := max(0, i-nearby); j <= min(len(s.Rows)-1, i+nearby); j++ {
			keep[j] = true
		}
	}
	var folds []Fold
	for i := 0; i < len(s.Rows); {
		j := i
		for j < len(s.Rows) && keep[j] == keep[i] {
			j++
		}
		folded := !keep[i] && (j-i >= worthy || j-i == len(s.Rows))
		if n := len(folds); n > 0 && !folds[n-1].Folded && !folded {
			folds[n-1].Rows = s.Rows[i-len(folds[n-1].Rows) : j]
		} else {
			folds = append(folds, Fold{s.Rows[i:j], folded})
		}
		i = j
	}
	return folds
}
