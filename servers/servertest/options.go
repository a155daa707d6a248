package servertest

import (
	"regexp"
	"time"
)

// Options say how to check. The zero value checks everything and has no budget.
type Options struct {
	Only     *regexp.Regexp // cases whose names match; nil: all
	Patience time.Duration  // how long nothing may happen before a case fails; 0: 5 s
	Budget   time.Duration  // how long the check may take: cases that are not decided by then are not run; 0: no limit
	Since    time.Time      // when the budget began, if several checks share it; zero: with this check
	Parallel int            // how many cases run at once if each has a server of its own; 0: 4
	Quick    bool           // without the heavy cases
	Seed     uint64         // of random requests; 0 is a seed too
	Each     func(Result)   // called as each case ends, one call at a time; may be nil
	Notice   func(string)   // told, at most once and while cases go on, what makes the server slow; may be nil

	part part
}

// part says which cases are asked: those that can run beside others, or those that must run alone.
type part int

const (
	whole part = iota
	together
	alone
)

// has reports whether c belongs to the part.
func (p part) has(c *Case) bool {
	return p == whole || (p == alone) == (c.Needs&Alone != 0)
}
