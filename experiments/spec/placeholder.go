package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"socketbench/experiments/unit"
	"socketbench/servers"
	"socketbench/servers/config"
)

// A command is told what servers are told by placeholders, which are filled in before the shell reads it: {wait} is in
// seconds, such as 0.01, and {wait_duration} has a unit, such as 10ms.

// placeholders are the words that stand for a knob in a command.
func placeholders(k config.Knob) []string {
	if isTime(k) {
		return []string{"{" + k.Name + "}", "{" + k.Name + "_duration}"}
	}
	return []string{"{" + k.Name + "}"}
}

func isTime(k config.Knob) bool {
	_, is := k.At(new(servers.Config)).(*time.Duration)
	return is
}

// told is what each of the placeholders is replaced by; the last of them is the value as a file has it.
func told(k config.Knob, c servers.Config) []string {
	value, _ := get(k.At(&c))
	if span, is := value.(Span); is {
		return []string{strconv.FormatFloat(time.Duration(span).Seconds(), 'f', -1, 64), span.String()}
	}
	return []string{fmt.Sprint(value)}
}

// Fill makes a line for the shell of a command: {port} and the placeholders of [config.Knobs] are replaced. What c
// leaves open is 0, which stands for the server's own choice, or raw.
func Fill(command string, port int, c servers.Config) string {
	pairs := []string{"{port}", strconv.Itoa(port)}
	for _, k := range config.Knobs {
		for i, value := range told(k, c) {
			pairs = append(pairs, placeholders(k)[i], value)
		}
	}
	return strings.NewReplacer(pairs...).Replace(command)
}

// Untold lists the settings of c that change what a server does and that a command has no placeholder for: those
// that every server must be told to do the same work, and those that a server need not have.
func Untold(command string, c servers.Config) (must, own []config.Knob) {
	for _, k := range config.Knobs {
		has := slices.ContainsFunc(placeholders(k), func(p string) bool { return strings.Contains(command, p) })
		switch {
		case has || !k.Changes(c):
		case k.Own:
			own = append(own, k)
		default:
			must = append(must, k)
		}
	}
	return must, own
}

// NotTold says why a server cannot be asked: a command of the user's, or a registered one that is run by a command.
func NotTold(server string, knobs []config.Knob, c servers.Config) string {
	if !IsCommand(server) {
		return fmt.Sprintf("%s cannot be told %s", server, Tell(knobs, c))
	}
	words := make([]string, len(knobs))
	for i, k := range knobs {
		words[i] = placeholders(k)[0]
	}
	return fmt.Sprintf("the command is not told %s; put %s in it", Tell(knobs, c), unit.Series(words))
}

// Tell writes settings for a sentence: "wait: 10ms and slots: 20".
func Tell(knobs []config.Knob, c servers.Config) string {
	words := make([]string, len(knobs))
	for i, k := range knobs {
		text := told(k, c)
		words[i] = k.Name + ": " + text[len(text)-1]
	}
	return unit.Series(words)
}

// PlaceholderHelp is the table of placeholders, one a line, for help texts.
func PlaceholderHelp() string {
	var b strings.Builder
	line := func(word, says string) { fmt.Fprintf(&b, "  %-16s %s\n", word, says) }
	line("{port}", "the TCP port to listen on, on 127.0.0.1; a command must have it")
	for _, k := range config.Knobs {
		f, _ := fieldByPath("config." + k.Name)
		says := f.meaning()
		if isTime(k) {
			says += ", in seconds"
		}
		line("{"+k.Name+"}", says)
	}
	return b.String() + "A time in seconds is a number such as 0.01. With _duration after its name it has a unit, such as 10ms for {wait_duration}."
}
