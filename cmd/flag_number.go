package cmd

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"socketbench/experiments/unit"
)

// Numbers of flags are read as those of files are, see package unit: digits are decimal, while the flag library by
// itself reads 010 as 8. Flags that are fields of a file are of type spec.Flag.

// decimal is a flag of the library whose text is checked before the library reads it.
type decimal struct {
	pflag.Value
	check func(text string) error
}

func (d decimal) Set(text string) error {
	if err := d.check(text); err != nil {
		return err
	}
	if err := d.Value.Set(text); err != nil { // the library's error names its own functions
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
			f.Value = decimal{f.Value, func(text string) error { _, err := unit.ParseCount(text); return err }}
		case "float64":
			f.Value = decimal{f.Value, func(text string) error { _, err := unit.Decimal(text); return err }}
		case "duration":
			f.Value = decimal{f.Value, func(text string) error { _, err := unit.ParseTime(text); return err }}
		}
	})
}
