package guess

import (
	"fmt"
	"strings"

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
	for i, step := range c.Steps {
		text := step.Do
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
