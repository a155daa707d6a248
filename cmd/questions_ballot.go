package cmd

import (
	"fmt"
	"strconv"
	"strings"

	"socketbench/experiments/guess"
	"socketbench/experiments/report/wrap"
	"socketbench/experiments/unit"
)

// ballot is one question alone, with its choices or the votes on them.
func (m askModel) ballot(width int) string {
	if m.at == len(m.lines) {
		return unit.Many(len(m.lines), "question") + " answered\n"
	}
	l := m.lines[m.at]
	head := strings.TrimSpace(fmt.Sprintf("%d of %d: %s. %s", m.at+1, len(m.lines), strings.TrimSuffix(l.About(), "?"), l.Asks))
	if l.Asks == "" {
		head = fmt.Sprintf("%d of %d: %s", m.at+1, len(m.lines), l.About())
	}
	text := paint("title", strings.Join(wrap.Words(head, width), "\n")) + "\n\n"
	if !m.class {
		text += choicesOf(l, width)
		if own := (guess.Marked{Votes: m.votes[m.at]}).Guess(); own != 0 {
			text += "\n  now: " + l.Word(own) + "\n"
		}
		return text
	}
	text += bars(l, m.votes[m.at], 0, width)
	if m.counts != 0 {
		text += fmt.Sprintf("\n  %dx%s\n", m.counts, m.count)
	}
	return text
}

// bars draws the votes on each choice. right is marked; 0 marks none.
func bars(l guess.Line, votes guess.Votes, right guess.Answer, width int) string {
	words, most := 0, 1
	for i := range l.Choices {
		words, most = max(words, wrap.Width(l.Word(guess.Answer(i+1)))), max(most, votes[i])
	}
	const margin, figure = 4, 6
	room := max(min(width, plainWidth)-margin-words-2-figure, 1)
	most = max(most, min(room, 20)) // so that the first hand does not fill the line
	var b strings.Builder
	for i := range l.Choices {
		sign := "    "
		if guess.Answer(i+1) == right {
			sign = "  " + paint("mark-answered", "▶") + " "
		}
		b.WriteString(sign + wrap.Pad(l.Word(guess.Answer(i+1)), words) + "  ")
		if n := votes[i]; n > 0 {
			b.WriteString(paint("lane-serve", strings.Repeat("█", max(n*room/most, 1))) + " ")
		}
		b.WriteString(strconv.Itoa(votes[i]) + "\n")
	}
	return b.String()
}
