package cmd

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"socketbench/experiments/guess"
	"socketbench/experiments/report/wrap"
)

// screen asks on a terminal, one key an answer.
func (q *questions) screen(ctx context.Context, width int, in, out *os.File) error {
	last, cut, err := interact(ctx, askModel{questions: q, size: width}, in, out)
	if m, ok := last.(askModel); cut || ok && m.gone && err == nil {
		return q.left
	}
	return err
}

// askModel is the question that is asked at the moment, among those that were answered.
type askModel struct {
	*questions
	size, rows int           // columns; rows, 0: not known yet
	at         int           // index of the question; len(lines): all are answered
	hands      []guess.Votes // of a class, the votes of this question before each key, to be taken back
	counts     guess.Answer  // the choice of which a count is typed; 0: none
	count      string        // its digits
	done, gone bool          // played; left by the viewer
}

// Init waits for a key.
func (m askModel) Init() tea.Cmd { return nil }

// Update takes a key or a new size.
func (m askModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.size, m.rows = msg.Width, msg.Height
	case tea.KeyPressMsg:
		switch key := msg.String(); key {
		case "q", "ctrl+c", "esc":
			m.gone = true
			return m, tea.Quit
		case "enter":
			if m.at == len(m.lines) || m.class && m.at == len(m.lines)-1 {
				m, m.done = m.counted(), true
				return m, tea.Quit
			}
			m = m.turned(1)
		case "right", "down":
			m = m.turned(1)
		case "left", "up":
			m = m.turned(-1)
		default:
			if m.class {
				m = m.raised(key)
			} else {
				m = m.answered(key)
			}
		}
	}
	return m, nil
}

// turned goes to another question.
func (m askModel) turned(by int) askModel {
	m = m.counted()
	last := len(m.lines)
	if m.class {
		last--
	}
	m.at, m.hands = min(max(m.at+by, 0), last), nil
	return m
}

// answered takes a key of one person.
func (m askModel) answered(key string) askModel {
	if key == "backspace" {
		return m.turned(-1)
	}
	if m.at == len(m.lines) {
		return m
	}
	if guesses, err := guess.ParseGuesses(key); err == nil && len(guesses) == 1 && m.lines[m.at].Takes(guesses[0]) {
		m.votes[m.at] = guesses[0]
		return m.turned(1)
	}
	return m
}

// raised takes a key of somebody who counts the hands of a class: a choice for each hand, or a choice, x and a number.
func (m askModel) raised(key string) askModel {
	digit := len(key) == 1 && '0' <= key[0] && key[0] <= '9'
	switch {
	case m.counts != 0 && digit && len(m.count) < 4:
		m.count += key
	case m.counts != 0 && key == "backspace":
		if m.count == "" {
			m.counts = 0
		} else {
			m.count = m.count[:len(m.count)-1]
		}
	case m.counts != 0 && key == "space":
		m = m.counted()
	case m.counts != 0:
	case key == "backspace":
		if n := len(m.hands); n > 0 {
			m.votes[m.at], m.hands = m.hands[n-1], m.hands[:n-1]
		} else {
			m.votes[m.at] = guess.Votes{}
		}
	case key == "x" && len(m.hands) > 0: // the last hand is the choice that is counted
		n := len(m.hands) - 1
		for i := range m.votes[m.at] {
			if m.votes[m.at][i] > m.hands[n][i] {
				m.counts = guess.Answer(i + 1)
			}
		}
		m.votes[m.at], m.hands = m.hands[n], m.hands[:n]
	case digit:
		m = m.add(key)
	}
	return m
}

// counted adds a count that was typed.
func (m askModel) counted() askModel {
	if m.counts != 0 && m.count != "" {
		m = m.add(fmt.Sprintf("%dx%s", m.counts, m.count))
	}
	m.counts, m.count = 0, ""
	return m
}

// add adds votes as they are typed.
func (m askModel) add(text string) askModel {
	more, err := guess.ParseVotes(text)
	if err != nil || !m.lines[m.at].Takes(more) {
		return m
	}
	m.hands = append(slices.Clone(m.hands), m.votes[m.at])
	for i, n := range more {
		m.votes[m.at][i] += n
	}
	return m
}

// View draws the question and the answers.
func (m askModel) View() tea.View {
	if m.gone || m.done && m.apart {
		return tea.NewView("")
	}
	width := max(m.size, 1)
	keys := paint("soft", strings.Join(wrap.Words(m.keys(), width), "\n"))
	switch {
	case m.apart:
		return tea.NewView(m.ballot(width) + "\n" + keys + "\n")
	case m.done:
		return tea.NewView(strings.Join(m.answers(width, 0), "\n") + "\n")
	}
	legend := choicesOf(m.lines[0], width)
	taken := strings.Count(legend+keys, "\n") + 2
	if m.rows > 0 && taken+2 > m.rows {
		legend, taken = "", strings.Count(keys, "\n")+2
	}
	return tea.NewView(strings.Join(m.answers(width, max(m.rows-taken, 1)), "\n") + "\n" + legend + keys + "\n")
}

// keys says what can be typed.
func (m askModel) keys() string {
	choices := "1, 2 or 3"
	if m.at < len(m.lines) && len(m.lines[m.at].Choices) == 2 {
		choices = "1 or 2"
	}
	switch {
	case m.class && m.at == len(m.lines)-1:
		return choices + " for each hand, or 1x12 for twelve; backspace takes back; Enter ends the questions; q leaves"
	case m.class:
		return choices + " for each hand, or 1x12 for twelve; backspace takes back; Enter asks the next one; q leaves"
	case m.at == len(m.lines):
		return "Enter begins; backspace changes an answer; q leaves"
	case m.apart:
		return choices + "; - leaves it out; backspace goes back; q leaves"
	}
	return fmt.Sprintf("%s? %s; - leaves it out; backspace goes back; q leaves", m.lines[m.at].About(), m.lines[m.at].Keys())
}

// answers shows all questions, a column a server if there is room, else a line a question. rows is how many lines there is room
// for, 0 for any number; the question that is asked is among them.
func (m askModel) answers(width, rows int) (lines []string) {
	const gap = 2
	names, column := 0, 0
	var servers []string
	for i, l := range m.lines {
		names, column = max(names, wrap.Width(l.Name)), max(column, wrap.Width(l.At))
		if i == 0 || l.Server != m.lines[i-1].Server {
			servers = append(servers, l.At)
		}
	}
	for i := range m.lines[0].Choices {
		column = max(column, wrap.Width(m.lines[0].Word(guess.Answer(i+1))))
	}
	column += gap
	each := len(m.lines) / len(servers)
	asked := 0 // the line of the question
	if gap+names+gap+column*len(servers) <= width {
		head := strings.Repeat(" ", gap+names+gap)
		for _, s := range servers {
			head += wrap.Pad(s, column)
		}
		lines = append(lines, strings.TrimRight(head, " "))
		for i := range each {
			line := strings.Repeat(" ", gap) + wrap.Pad(m.lines[i].Name, names+gap)
			for k := range servers {
				at := k*each + i
				if at == m.at {
					asked = len(lines)
				}
				line += wrap.Pad(m.cell(at), column)
			}
			lines = append(lines, strings.TrimRight(line, " "))
		}
	} else {
		for i, l := range m.lines {
			if i == m.at {
				asked = i
			}
			cell := m.cell(i)
			name := wrap.Clip(l.Name+" at "+l.At, max(width-wrap.Width(cell)-gap, 1))
			lines = append(lines, strings.TrimRight(name+strings.Repeat(" ", gap)+cell, " "))
		}
		if m.at == len(m.lines) {
			asked = len(lines) - 1
		}
	}
	if rows == 0 || m.rows == 0 || len(lines) <= rows {
		return lines
	}
	first := min(max(asked-rows/2, 0), len(lines)-rows)
	return lines[first : first+rows]
}

// cell is the answer to a question, or where it will stand.
func (m askModel) cell(at int) string {
	word := ""
	if own := (guess.Marked{Votes: m.votes[at]}).Guess(); own != 0 {
		word = m.lines[at].Word(own)
	}
	if at == m.at {
		return paint("title", strings.TrimSpace("? "+word))
	}
	return word
}
