package sidebyside

import (
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Class is the role of a piece of code. A few roles are enough to make a program readable.
type Class string

const (
	Plain    Class = ""
	Keyword  Class = "k"
	Comment  Class = "c" // also lines for a preprocessor
	Literal  Class = "s" // strings and numbers
	Called   Class = "f" // functions
	Typed    Class = "t" // types, constants and functions that the language predeclares
	FileName Class = "p" // the name of the file that follows; not code
)

// language is what is needed to colour programs in a language. nil is plain text.
type language struct {
	tokens   *regexp.Regexp // its groups are a comment, a literal and a name
	keyword  func(name string) bool
	declared func(name string) bool // types and constants
	builtin  func(name string) bool // functions; without a call, a name such as len or max may be a variable
}

// languageOf returns the language of a file, by the end of its name.
func languageOf(file string) *language {
	switch path.Ext(file) {
	case ".go":
		return golang()
	case ".py":
		return python()
	case ".js":
		return javascript()
	case ".c", ".h":
		return clang()
	}
	return nil
}

// Parts of the languages' patterns. A literal or comment that is not closed ends with its line, or, where it may have
// several lines, with the file.
const (
	slashes = `//.*|/\*(?s:.*?)(?:\*/|\z)`
	quoted  = `"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?`
	ticked  = "`(?s:\\\\.|[^`\\\\])*(?:`|\\z)"
	raw     = "`[^`]*(?:`|\\z)"
	number  = `0[xX](?:[pP][+-]|[\pL\pN_.])*|\.?[0-9](?:[eE][+-]|[\pL\pN_.])*`
	name    = `[\pL_$][\pL\pN_$]*`
)

func tokens(comment, literal string) *regexp.Regexp {
	return regexp.MustCompile("(" + comment + ")|(" + literal + "|" + number + ")|(" + name + ")")
}

func oneOf(names string) func(name string) bool {
	all := strings.Fields(names)
	return func(name string) bool { return slices.Contains(all, name) }
}

var golang = sync.OnceValue(func() *language {
	return &language{
		tokens:  tokens(slashes, raw+"|"+quoted),
		keyword: token.IsKeyword,
		declared: oneOf(`any bool byte comparable complex64 complex128 error float32 float64 int int8 int16
			int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr true false iota nil`),
		builtin: oneOf(`append cap clear close complex copy delete imag len make max min new panic print
			println real recover`),
	}
})

var python = sync.OnceValue(func() *language {
	const long = `"""(?s:\\.|.)*?(?:"""|\z)|'''(?s:\\.|.)*?(?:'''|\z)`
	return &language{
		tokens: tokens(`#.*`, `[bBfFrRtTuU]{0,2}(?:`+long+"|"+quoted+")"),
		keyword: oneOf(`and as assert async await break class continue def del elif else except finally for
			from global if import in is lambda nonlocal not or pass raise return try while with yield`),
		declared: oneOf(`True False None bool bytearray bytes complex dict float frozenset int list
			memoryview object set str tuple`),
		builtin: oneOf(`abs aiter all anext any ascii bin breakpoint callable chr classmethod compile
			delattr dir divmod enumerate eval exec filter format getattr globals hasattr hash help hex id
			input isinstance issubclass iter len locals map max min next oct open ord pow print property
			range repr reversed round setattr slice sorted staticmethod sum super type vars zip __import__`),
	}
})

var javascript = sync.OnceValue(func() *language {
	return &language{
		tokens: tokens(slashes, ticked+"|"+quoted),
		keyword: oneOf(`async await break case catch class const continue debugger default delete do else
			export extends finally for function if import in instanceof let new of return static super
			switch throw try typeof var void while with yield`),
		declared: oneOf(`true false null undefined NaN Infinity this Array ArrayBuffer BigInt Boolean Buffer
			Date Error Function Map Math Number Object Promise Proxy RegExp Set String Symbol Uint8Array`),
		builtin: oneOf(`decodeURI decodeURIComponent encodeURI encodeURIComponent eval isFinite isNaN
			parseFloat parseInt`),
	}
})

var clang = sync.OnceValue(func() *language {
	const preprocessor = `(?m:^)[ \t]*#(?:\\\n|/\*(?s:.*?)\*/|.)*`
	kinds := oneOf(`bool char double float int long short signed unsigned void true false NULL`)
	return &language{
		tokens: tokens(preprocessor+"|"+slashes, `(?:u8|[LuU])?(?:`+quoted+")"),
		keyword: oneOf(`asm auto break case const continue default do else enum extern for goto if inline
			register restrict return sizeof static struct switch typedef union volatile while`),
		declared: func(name string) bool { return kinds(name) || strings.HasSuffix(name, "_t") },
		builtin:  oneOf(""),
	}
})

// lines cuts text into lines of spans, without the line ends. Neighbours differ in class.
func (l *language) lines(text string) [][]Span {
	lines := [][]Span{nil}
	add := func(text string, class Class) {
		for i, part := range strings.Split(text, "\n") {
			if i > 0 {
				lines = append(lines, nil)
			}
			line := &lines[len(lines)-1]
			if n := len(*line); n > 0 && (*line)[n-1].Class == class {
				(*line)[n-1].Text += part
			} else if part != "" {
				*line = append(*line, Span{Text: part, Class: class})
			}
		}
	}
	end := 0
	if l != nil {
		for _, at := range l.tokens.FindAllStringSubmatchIndex(text, -1) {
			add(text[end:at[0]], Plain)
			class := Comment
			switch comment, literal := at[2] >= 0, at[4] >= 0; {
			case literal:
				class = Literal
			case !comment:
				class = l.classOf(text[at[0]:at[1]], text[:at[0]], text[at[1]:])
			}
			add(text[at[0]:at[1]], class)
			end = at[1]
		}
	}
	add(text[end:], Plain)
	return lines
}

// classOf returns the class of a name that stands between two texts. A name after a single dot is a member, and no
// keyword or built-in name.
func (l *language) classOf(name, before, after string) Class {
	member := strings.HasSuffix(before, ".") && !strings.HasSuffix(before, "..")
	called := strings.HasPrefix(after, "(")
	switch {
	case !member && l.keyword(name):
		return Keyword
	case !member && (l.declared(name) || called && l.builtin(name)):
		return Typed
	case called:
		return Called
	}
	return Plain
}
