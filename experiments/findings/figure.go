package findings

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"

	"socketbench/experiments/verdict"
)

// number is a figure with the digits that a reader can use. JSON has no infinity, which is "inf" or "-inf" here: the end of
// an interval that is open.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	v := float64(n)
	switch {
	case math.IsInf(v, 1):
		return []byte(`"inf"`), nil
	case math.IsInf(v, -1):
		return []byte(`"-inf"`), nil
	case math.IsNaN(v):
		return nil, errors.New("it has a figure that is no number")
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		return nil, err
	}
	return json.Marshal(rounded)
}

func (n *number) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case `"inf"`:
		*n = number(math.Inf(1))
		return nil
	case `"-inf"`:
		*n = number(math.Inf(-1))
		return nil
	}
	return json.Unmarshal(text, (*float64)(n))
}

// figure is a metric of a cell. It is stored as centre, low, high and the number of trials, and what else is to be known
// of it.
type figure verdict.Summary

// extra is what is to be known of some figures.
type extra struct {
	Most       number `json:"most,omitempty"`
	AtLeast    bool   `json:"at_least,omitempty"`
	TooFew     bool   `json:"too_few,omitempty"`
	LowerBound bool   `json:"lower_bound,omitempty"`
	UpperBound bool   `json:"upper_bound,omitempty"`
}

func (f figure) MarshalJSON() ([]byte, error) {
	list := []any{number(f.Center), number(f.Low), number(f.High), f.N}
	x := extra{AtLeast: f.AtLeast, TooFew: f.TooFew, LowerBound: f.LowerBound, UpperBound: f.UpperBound}
	if f.AtLeast {
		x.Most = number(f.Most)
	}
	if x != (extra{}) {
		list = append(list, x)
	}
	return json.Marshal(list)
}

func (f *figure) UnmarshalJSON(text []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return err
	}
	if len(parts) != 4 && len(parts) != 5 {
		return fmt.Errorf("a figure is [centre, low, high, trials], and this has %d parts", len(parts))
	}
	for i, v := range []any{(*number)(&f.Center), (*number)(&f.Low), (*number)(&f.High), &f.N} {
		if err := json.Unmarshal(parts[i], v); err != nil {
			return err
		}
	}
	if len(parts) == 4 {
		return nil
	}
	var x extra
	if err := strict(parts[4], &x); err != nil {
		return err
	}
	f.Most, f.AtLeast, f.TooFew, f.LowerBound, f.UpperBound = float64(x.Most), x.AtLeast, x.TooFew, x.LowerBound, x.UpperBound
	return nil
}
