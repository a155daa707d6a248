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
	"socketbench/servers/upper"
)

// A Knob is one setting of [Config] and how a command is told of it: by placeholders, which are filled in before the
// shell reads the command.
type Knob struct {
	Name string // as in a file: {workers} in a command, workers below config
	Says string // what a server does with it, with the unit of its placeholder
	Time bool   // {name} is in seconds, such as 0.01; {name_duration} has a unit, such as 10ms
	Own  bool   // of a mechanism that a server need not have, such as a pool; the others say what a request is and costs

	value   func(Config) string
	changes func(Config) bool // whether it differs from what servers do unless they are told
}

// Knobs lists every setting of [Config], in its order. A test holds the two together.
var Knobs = []Knob{
	{Name: "framing", Says: "what ends a request: raw, line or length", value: func(c Config) string { return c.Framing.String() },
		changes: func(c Config) bool { return c.Framing != upper.Raw }},
	{Name: "limit", Says: "the longest request of the framings line and length, in bytes", value: decimal(func(c Config) int { return c.Limit }),
		changes: func(c Config) bool { return c.Framing != upper.Raw && other(c.Limit, upper.DefaultLimit) }},
	{Name: "workers", Says: "how many workers or loops serve", Own: true, value: decimal(func(c Config) int { return c.Workers }),
		changes: func(c Config) bool { return other(c.Workers, config.DefaultWorkers) }},
	{Name: "queue", Says: "how many requests or connections wait for a worker", Own: true, value: decimal(func(c Config) int { return c.Queue }),
		changes: func(c Config) bool { return other(c.Queue, defaults.Queue) }},
	{Name: "max_conns", Says: "how many connections are admitted at once", Own: true, value: decimal(func(c Config) int { return c.MaxConns }),
		changes: func(c Config) bool { return c.MaxConns > 0 }},
	{Name: "read_size", Says: "the most that one read takes, in bytes", value: decimal(func(c Config) int { return c.ReadSize }),
		changes: func(c Config) bool { return other(c.ReadSize, defaults.ReadSize) }},
	{Name: "cpu", Says: "how many steps of a calculation a request costs", value: decimal(func(c Config) int { return c.CPU }),
		changes: func(c Config) bool { return c.CPU > 0 }},
	{Name: "wait", Says: "for how long a request waits, as for a database", Time: true, value: seconds(func(c Config) time.Duration { return c.Wait }),
		changes: func(c Config) bool { return c.Wait > 0 }},
	{Name: "slots", Says: "how many requests may wait at once; 0 is no bound", value: decimal(func(c Config) int { return c.Slots }),
		changes: func(c Config) bool { return c.Wait > 0 && c.Slots > 0 }},
	{Name: "idle_timeout", Says: "after which silence a connection is closed", Time: true, Own: true,
		value:   seconds(func(c Config) time.Duration { return c.IdleTimeout }),
		changes: func(c Config) bool { return other(c.IdleTimeout, defaults.IdleTimeout) }},
	{Name: "linger", Says: "for how long input is discarded after the last reply", Time: true, Own: true,
		value:   seconds(func(c Config) time.Duration { return c.Linger }),
		changes: func(c Config) bool { return other(c.Linger, defaults.Linger) }},
	{Name: "drain_timeout", Says: "for how long connections may finish after SIGTERM", Time: true, Own: true,
		value:   seconds(func(c Config) time.Duration { return c.DrainTimeout }),
		changes: func(c Config) bool { return other(c.DrainTimeout, defaults.DrainTimeout) }},
}

var defaults = servers.Config{}.WithDefaults()

func other[T int | time.Duration](value, usual T) bool { return value > 0 && value != usual }

func decimal(of func(Config) int) func(Config) string {
	return func(c Config) string { return strconv.Itoa(of(c)) }
}

func seconds(of func(Config) time.Duration) func(Config) string {
	return func(c Config) string { return strconv.FormatFloat(of(c).Seconds(), 'f', -1, 64) }
}

// Placeholders are the words that stand for the setting in a command.
func (k Knob) Placeholders() []string {
	if k.Time {
		return []string{"{" + k.Name + "}", "{" + k.Name + "_duration}"}
	}
	return []string{"{" + k.Name + "}"}
}

// text is the setting as a file has it, with its unit.
func (k Knob) text(c Config) string {
	if !k.Time {
		return k.value(c)
	}
	d, _ := time.ParseDuration(k.value(c) + "s") // seconds wrote it
	return d.String()
}

// Fill makes a line for the shell of a command: {port} and the placeholders of [Knobs] are replaced. A setting that
// c leaves open is 0, which stands for the server's own choice, or raw.
func Fill(command string, port int, c Config) string {
	pairs := []string{"{port}", strconv.Itoa(port)}
	for _, k := range Knobs {
		for i, p := range k.Placeholders() {
			v := k.value(c)
			if i > 0 {
				v = k.text(c)
			}
			pairs = append(pairs, p, v)
		}
	}
	return strings.NewReplacer(pairs...).Replace(command)
}

// Untold lists the settings of c that change what a server does and that a command has no placeholder for: those
// that every server must be told to do the same work, and those that a server need not have.
func Untold(command string, c Config) (must, own []Knob) {
	for _, k := range Knobs {
		has := slices.ContainsFunc(k.Placeholders(), func(p string) bool { return strings.Contains(command, p) })
		switch {
		case has || !k.changes(c):
		case k.Own:
			own = append(own, k)
		default:
			must = append(must, k)
		}
	}
	return must, own
}

// NotTold says why a server cannot be asked: a command of the user's, or a registered one that is run by a command.
func NotTold(server string, knobs []Knob, c Config) string {
	if !IsCommand(server) {
		return fmt.Sprintf("%s cannot be told %s", server, Tell(knobs, c))
	}
	words := make([]string, len(knobs))
	for i, k := range knobs {
		words[i] = k.Placeholders()[0]
	}
	return fmt.Sprintf("the command is not told %s; put %s in it", Tell(knobs, c), unit.Series(words))
}

// Tell writes settings for a sentence: "wait: 10ms and slots: 20".
func Tell(knobs []Knob, c Config) string {
	words := make([]string, len(knobs))
	for i, k := range knobs {
		words[i] = k.Name + ": " + k.text(c)
	}
	return unit.Series(words)
}

// PlaceholderHelp is the table of placeholders, one a line, for help texts.
func PlaceholderHelp() string {
	var b strings.Builder
	line := func(word, says string) { fmt.Fprintf(&b, "  %-16s %s\n", word, says) }
	line("{port}", "the TCP port to listen on, on 127.0.0.1; a command must have it")
	for _, k := range Knobs {
		says := k.Says
		if k.Time {
			says += ", in seconds"
		}
		line("{"+k.Name+"}", says)
	}
	return b.String() + "A time in seconds is such as 0.01; with _duration behind the name it has a unit: {wait_duration} is 10ms."
}
