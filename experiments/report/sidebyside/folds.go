package sidebyside

// Fold is a run of rows that are shown together or folded together.
type Fold struct {
	Rows   []Row
	Folded bool
}

const (
	nearby = 2 // how many equal lines are shown beside a difference
	worthy = 4 // how many lines a fold must hide
)

// Folds divides the rows of a section into runs that are shown and runs that are folded. Where all rows are equal, all
// are folded, except shared code that works differently for the two. In a view of one design none is folded.
func (s Section) Folds() []Fold {
	if len(s.Rows) == 0 {
		return nil
	}
	keep := make([]bool, len(s.Rows))
	for i, r := range s.Rows {
		if r.Kind == Same && !r.Apart {
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
