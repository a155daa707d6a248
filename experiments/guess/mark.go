package guess

import (
	"socketbench/experiments/unit"
	"socketbench/experiments/watch"
)

// Marked is a question with its guesses and with what was seen.
type Marked struct {
	Line
	Votes Votes `json:"votes"`
	Truth Truth `json:"seen"`
}

// Mark marks guesses. votes has the votes of each line.
func (k Kind) Mark(s watch.Scene, seen []watch.Performance, lines []Line, votes []Votes) (marked []Marked) {
	for i, line := range lines {
		marked = append(marked, Marked{line, votes[i], k.Truth(s, seen[line.Server], line.Client)})
	}
	return marked
}

// Right is how many of the votes are right; none where the truth is not known.
func (m Marked) Right() int {
	if m.Truth.Answer == 0 {
		return 0
	}
	return m.Votes[m.Truth.Answer-1]
}

// Guess is the answer of one person; 0 where nothing was guessed.
func (m Marked) Guess() Answer {
	for i, n := range m.Votes {
		if n > 0 {
			return Answer(i + 1)
		}
	}
	return 0
}

// Score sums up: "5 of 6 guesses are right". noun is what one of them is called. What was not guessed, or cannot be told, does
// not count.
func Score(marked []Marked, noun string) string {
	right, all := 0, 0
	for _, m := range marked {
		if m.Truth.Answer != 0 {
			right, all = right+m.Right(), all+m.Votes.All()
		}
	}
	verb := " are right"
	switch {
	case all == 0:
		return "no " + noun + " to mark"
	case all == 1, right == 1:
		verb = " is right"
	}
	return unit.Count(right) + " of " + unit.Many(all, noun) + verb
}
