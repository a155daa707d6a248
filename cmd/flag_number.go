package cmd

import (
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"socketbench/experiments/unit"
)

// Numbers of flags are read as those of files are, see package unit: digits are decimal, where the flag library by
// itself takes 010 for 8.

// sizeFlag is a number of bytes, such as 64 or 16KiB.
type sizeFlag int

func (f *sizeFlag) String() string { return strconv.Itoa(int(*f)) }
func (f *sizeFlag) Type() string   { return "size" }
func (f *sizeFlag) Set(text string) error {
	v, err := unit.ParseSize(text)
	*f = sizeFlag(v)
	return err
}

// rateFlag is a number of requests a second, such as 4000 or 10k.
type rateFlag float64

func (f *rateFlag) String() string { return strconv.FormatFloat(float64(*f), 'f', -1, 64) }
func (f *rateFlag) Type() string   { return "rate" }
func (f *rateFlag) Set(text string) error {
	v, err := unit.ParseRate(text)
	*f = rateFlag(v)
	return err
}

// decimal is a flag of the library whose text is looked at before the library reads it.
type decimal struct {
	pflag.Value
	check func(text string) error
}

func (d decimal) Set(text string) error {
	if err := d.check(text); err != nil {
		return err
	}
	return d.Value.Set(text)
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
