package guess

import (
	"fmt"
	"strings"
	"time"

	"socketbench/experiments/quote"
	"socketbench/experiments/unit"
	"socketbench/experiments/watch"
)

// longestText is how much of a text that is sent is shown, in bytes.
const longestText = 24

// Part says what a client does, and when: "at 0.3 s connects, sends "hello", waits for the reply, closes".
func Part(c watch.Client) string {
	var does []string
	owed, talks, half := false, false, false
	for i := 0; i < len(c.Steps); i++ {
		step := c.Steps[i]
		text := step.Do
		if n, every := series(c.Steps[i:]); n > 0 {
			last := c.Steps[i+2*(n-1)]
			text = fmt.Sprintf("sends %s times, one every %s, from %q to %q", unit.Count(n), watch.Seconds(every), quote.Text(step.Text), quote.Text(last.Text))
			owed, talks = true, true
			does = append(does, text)
			i += 2 * (n - 1)
			continue
		}
		switch step.Do {
		case "pause":
			if text = "pauses " + watch.Seconds(step.For); i == 0 {
				continue // it says when the client comes
			}
		case "connect":
			text = "connects"
		case "send":
			owed, talks = step.Text != "", true
			text = sends(step)
		case "read":
			switch {
			case owed:
				text = "waits for the reply"
			case half:
				text = "waits for the end"
			default:
				text = "waits for anything to come"
			}
			owed, talks = false, true
		case "half-close":
			text, half = "says that it has sent everything", true
		case "reset":
			text = "resets its connection"
		case "close":
			text = "closes"
		}
		does = append(does, text)
	}
	if !talks && len(does) > 0 {
		does[len(does)-1] += " and sends nothing"
	}
	text := strings.Join(does, ", ")
	if len(c.Steps) > 0 && c.Steps[0].Do == "pause" {
		return "at " + watch.Seconds(c.Steps[0].For) + " " + text
	}
	return text
}

// leastSeries is how many sends are told as one.
const leastSeries = 4

// series is how many sends the steps begin with that follow each other after equal pauses; 0 if it is not worth being told as one.
func series(steps []watch.Step) (n int, every time.Duration) {
	short := func(s watch.Step) bool {
		return s.Do == "send" && s.Text != "" && s.Times == 1 && len(s.Text) <= longestText
	}
	if len(steps) < 3 || !short(steps[0]) || steps[1].Do != "pause" {
		return 0, 0
	}
	every = steps[1].For
	for n = 1; 2*n < len(steps) && steps[2*n-1].Do == "pause" && steps[2*n-1].For == every && short(steps[2*n]); n++ {
	}
	if n < leastSeries {
		return 0, 0
	}
	return n, every
}

// sends says what a step sends.
func sends(step watch.Step) string {
	if step.Text == "" {
		return "sends an empty message"
	}
	text := step.Text
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "") + "…"
	}
	text = fmt.Sprintf("sends %q", quote.Text(text))
	if step.Times > 1 {
		text += " " + unit.Count(step.Times) + " times over"
	}
	return text
}
