package report

import (
	"fmt"
	"io"
	"strings"

	"socketbench/experiments/quote"
)

// writeMarkdown writes the report for a pull request: the answer is open, the rest is folded.
func writeMarkdown(w io.Writer, p page, _ Input) error {
	var b strings.Builder
	line := func(format string, v ...any) { fmt.Fprintf(&b, format+"\n", v...) }
	line("## %s\n", escape(p.Question))
	for _, f := range p.Faults {
		line("> ✗ **%s**\n", escape(f.Sentence))
		for i, w := range f.Words {
			if i == 0 {
				line("> Its last words:")
			}
			line("> <br>%s", escape(w))
		}
		if len(f.Words) > 0 {
			line("")
		}
	}
	for _, s := range p.State {
		line("> **%s**\n", escape(s))
	}
	for _, s := range p.Lead {
		line("- %s", escape(s))
	}
	if len(p.Lead) > 0 {
		line("")
	}
	markdownTable(&b, p.Served)
	if !p.Asked.empty() {
		line("**%s**\n", escape(p.Asked.Caption))
		markdownTable(&b, p.Asked)
	}
	if !p.Required.empty() {
		line("### What is required\n")
		line("%s\n", escape(strings.Join(p.Decides, " ")))
		markdownTable(&b, p.Required)
		for _, s := range p.Further {
			line("- %s", escape(s))
		}
		if len(p.Further) > 0 {
			line("")
		}
	}
	if len(p.Predictions) > 0 {
		line("### %s\n", p.Tally)
		for _, v := range p.Predictions {
			sign, _ := outcome(v.Word)
			line("- %s **%s**: %s %s", sign, v.Word, escape(v.Claim), escape(v.Sentence))
			if v.Interval != "" {
				line("  <br>%s: **%s** [%s], expected %s", escape(v.About), v.Value, v.Interval, escape(v.Expect))
			}
			if v.Survives != "" {
				line("  <br>%s", escape(v.Survives))
			}
		}
		line("")
	}
	for _, c := range p.Compared {
		line("### %s\n", escape(c.Title))
		markdownTable(&b, c.Short)
		fold(&b, "In words", func() { markdownTable(&b, c.Long) })
	}
	if !p.Attacked.empty() {
		line("### %s\n", escape(p.Attacked.Caption))
		markdownTable(&b, p.Attacked)
		for _, s := range p.Survived {
			line("- %s", escape(s))
		}
		line("")
	}
	for _, f := range p.Figures {
		fold(&b, f.Title, func() { markdownTable(&b, f.Table) })
	}
	if !p.Invalid.empty() {
		line("### %s\n", p.Invalid.Caption)
		markdownTable(&b, p.Invalid)
	}
	for _, t := range p.Marked {
		if !t.empty() {
			fold(&b, t.Caption, func() { markdownTable(&b, t) })
		}
	}
	if len(p.NotMeasured) > 0 {
		line("### What this does not say\n")
		for _, s := range p.NotMeasured {
			line("- %s", escape(s))
		}
		line("")
	}
	fold(&b, "All figures", func() {
		for _, t := range p.Full {
			line("**%s**\n", escape(t.Caption))
			markdownTable(&b, t)
		}
	})
	fold(&b, "The machine", func() {
		for _, f := range p.Facts {
			line("- %s: %s", escape(f.Name), escape(f.Value))
		}
		line("")
	})
	if p.Command != "" {
		line("```\n%s\n```", p.Command)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func fold(b *strings.Builder, summary string, inside func()) {
	fmt.Fprintf(b, "<details><summary>%s</summary>\n\n", escape(summary))
	inside()
	b.WriteString("</details>\n\n")
}

func markdownTable(b *strings.Builder, t table) {
	if t.empty() {
		return
	}
	for _, c := range t.Columns {
		fmt.Fprintf(b, "| %s ", escape(c.Head))
	}
	b.WriteString("|\n")
	for _, c := range t.Columns {
		if c.Text {
			b.WriteString("|---")
		} else {
			b.WriteString("|--:")
		}
	}
	b.WriteString("|\n")
	for _, r := range t.Rows {
		for _, c := range r {
			fmt.Fprintf(b, "| %s ", escape(c.Text))
		}
		b.WriteString("|\n")
	}
	b.WriteString("\n")
	if t.Note != "" {
		fmt.Fprintf(b, "%s\n\n", escape(t.Note))
	}
}

// escape keeps text of servers and authors from being read as Markdown or HTML.
func escape(s string) string {
	return strings.NewReplacer("\\", "\\\\", "|", "\\|", "<", "&lt;", ">", "&gt;", "*", "\\*", "_", "\\_", "`", "\\`", "\n", " ").Replace(quote.Lines(s))
}
