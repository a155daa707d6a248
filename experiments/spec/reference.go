package spec

import "strings"

// Described is a field of the experiment file, for a reader.
type Described struct {
	Path    string // with dots between blocks, such as load.idle
	Allowed string // what may be written
	About   string // what it means
	Vary    bool   // may be varied
}

// Reference describes every field of the experiment file, in the order in which they are best written.
func Reference() []Described {
	var list []Described
	add := func(path, allowed, about string) { list = append(list, Described{path, allowed, about, false}) }
	for _, f := range fields {
		if f.path == "transport" { // the first behind those that name the question
			add("servers", "a list", "designs of socketbench list servers, names of commands, and commands with {port} in them")
			add("commands", `names and commands, such as {mine: "./mine {port}"}`, "short names for commands: reports call the server by its name; --name does the same on the command line")
			add("vary", "a field and a list of values, line by line", "the fields that make the conditions; every server runs under every combination")
		}
		list = append(list, Described{f.path, f.allowed(), f.about, f.vary})
	}
	add("charts", "a list of "+strings.Join(charts, ", "), "what the report draws")
	add("needs", `a resource and a bound, such as server_cpus: ">=2"; resources are `+strings.Join(Resources, ", "), "what the machine must have for the experiment to be asked")
	add("conversation.greeting_until", "text", "what the first words of a server that speaks first end with; nothing is said before")
	add("conversation.say", "text", "what is sent for a request, in place of the uppercase protocol")
	add("conversation.expect", "text", "the exact reply; or")
	add("conversation.until", "text", "what the reply ends with; or")
	add("conversation.reply_bytes", "a whole number", "how many bytes it has")
	add("predict", "a list of claims, each with the fields below", "what the measurement may refute")
	add("predict.claim", "text", "the sentence that is put to the test")
	add("predict.metric", "a metric, such as latency.p99", "the figure that it is about")
	add("predict.of", "a cell: {server: NAME, FIELD: VALUE}", "where the figure is taken: a server, and a value of every varied field")
	add("predict.against", "a cell", "the cell that it is divided by; without it the claim is about the figure itself")
	add("predict.expect", `such as "> 2x", "< 10ms", "== 0" or "~ 1x ±10%"`, "what holds if the claim is right: a ratio with x, or a figure with its unit")
	add("predict.needs", "as needs", "what the machine must have for this claim to be asked")
	add("predict.refuted", "text", "what it would mean if the claim were refuted")
	return list
}
