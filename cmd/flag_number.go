package cmd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"socketbench/experiments/unit"
)

// Numbers of flags are read as those of files are, see package unit: digits are decimal, while the flag library by
// itself reads 010 as 8. Flags that are fields of a file are of type spec.Flag.

// decimal is a flag of the library whose text is read before the library reads it, and given to it in plain digits.
type decimal struct {
	pflag.Value
	plain func(text string) (string, error)
}

func (d decimal) Set(text string) error {
	plain, err := d.plain(text)
	if err != nil {
		return err
	}
	if err := d.Value.Set(plain); err != nil { // the library's error names its own functions
		return fmt.Errorf("%s is out of range", text)
	}
	return nil
}

// aboveZero refuses a zero that was typed for a flag whose zero value stands for the default.
func aboveZero(c *cobra.Command, names ...string) error {
	for _, name := range names {
		if f := c.Flags().Lookup(name); f.Changed && (f.Value.String() == "0" || f.Value.String() == "0s") {
			return fmt.Errorf("%s: --%s must be above 0; leave it out for the default", c.Name(), name)
		}
	}
	return nil
}

// decimals makes all numbers and times among the flags of a command decimal.
func decimals(c *cobra.Command) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		switch f.Value.Type() {
		case "int", "uint64":
			f.Value = decimal{f.Value, func(text string) (string, error) {
				v, err := unit.ParseCount(text)
				if err != nil || strings.Trim(text, "-0123456789") == "" { // a seed may have more digits than a float64 holds
					return text, err
				}
				return strconv.FormatFloat(v, 'f', 0, 64), nil
			}}
		case "float64":
			f.Value = decimal{f.Value, func(text string) (string, error) { _, err := unit.Decimal(text); return text, err }}
		case "duration":
			f.Value = decimal{f.Value, func(text string) (string, error) { d, err := unit.ParseTime(text); return d.String(), err }}
		}
	})
}
