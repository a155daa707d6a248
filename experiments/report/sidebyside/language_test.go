package sidebyside

import (
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// written returns lines in the notation of the table below, in which k‹return› is a keyword.
func written(lines [][]Span) string {
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteString("\n")
		}
		for _, s := range line {
			if s.Class == Plain {
				b.WriteString(s.Text)
			} else {
				b.WriteString(string(s.Class) + "‹" + s.Text + "›")
			}
		}
	}
	return b.String()
}

func TestClasses(t *testing.T) {
	for _, c := range []struct{ file, why, text, want string }{
		{"a.go", "words", "func (s *Pool) Serve(n int) error { return nil }",
			"k‹func› (s *Pool) f‹Serve›(n t‹int›) t‹error› { k‹return› t‹nil› }"},
		{"a.go", "a builtin counts where it is called", "max := len(b); c.close(max, x.int)",
			"max := t‹len›(b); c.f‹close›(max, x.int)"},
		{"a.go", "three dots are not a member's one", "func f(a ...any)", "k‹func› f‹f›(a ...t‹any›)"},
		{"a.go", "numbers", "x2 := 0x1F+1_000+1e-9+.5i-0b11*0o644",
			"x2 := s‹0x1F›+s‹1_000›+s‹1e-9›+s‹.5i›-s‹0b11›*s‹0o644›"},
		{"a.go", "hexadecimal e is a digit", "0x1e+5", "s‹0x1e›+s‹5›"},
		{"a.go", "a range of a slice", "b[1:n]", "b[s‹1›:n]"},
		{"a.go", "escapes", `f('\'', "\"//", '"') // "x"`, `f‹f›(s‹'\''›, s‹"\"//"›, s‹'"'›) c‹// "x"›`},
		{"a.go", "a comment of several lines", "a /* b\n\n\tc */ d", "a c‹/* b›\n\nc‹\tc */› d"},
		{"a.go", "a raw string of several lines", "a = `\\\n// b` + c", "a = s‹`\\›\ns‹// b`› + c"},
		{"a.go", "an open string ends with its line", "a = \"b\nif", "a = s‹\"b›\nk‹if›"},
		{"a.go", "and one that ends in an escape", "a = \"b\\\nif", "a = s‹\"b›\\\nk‹if›"},
		{"a.go", "an open comment ends with the file", "a /* b\nif\n", "a c‹/* b›\nc‹if›\n"},
		{"a.go", "an open raw string too", "a `b\nif", "a s‹`b›\ns‹if›"},
		{"a.go", "names beyond ASCII", "größe(länge)", "f‹größe›(länge)"},
		{"a.go", "nothing", "", ""},
		{"a.py", "words", "async def main(a):  # if\n    return not None",
			"k‹async› k‹def› f‹main›(a):  c‹# if›\n    k‹return› k‹not› t‹None›"},
		{"a.py", "builtins", "int(x) if len(x) else x.len()", "t‹int›(x) k‹if› t‹len›(x) k‹else› x.f‹len›()"},
		{"a.py", "strings", `f(b"a\"", rb'#', f"{x}", buf)`, `f‹f›(s‹b"a\""›, s‹rb'#'›, s‹f"{x}"›, buf)`},
		{"a.py", "strings of several lines", "\"\"\"a\n\\\"\"\" \"if\n\"\"\" + '''\n'''",
			"s‹\"\"\"a›\ns‹\\\"\"\" \"if›\ns‹\"\"\"› + s‹'''›\ns‹'''›"},
		{"a.py", "an open one", "'''a\\", "s‹'''a\\›"},
		{"a.js", "words", "const f = async (x) => { await x.catch(null) }",
			"k‹const› f = k‹async› (x) => { k‹await› x.f‹catch›(t‹null›) }"},
		{"a.js", "the dots of a spread", "[...this.a, ...new Set(b)]", "[...t‹this›.a, ...k‹new› t‹Set›(b)]"},
		{"a.js", "a template of several lines", "f(`a\\`\n// ${b}`)", "f‹f›(s‹`a\\`›\ns‹// ${b}`›)"},
		{"a.js", "a division is none of a comment", "a / b / c // d", "a / b / c c‹// d›"},
		{"a.c", "preprocessor", "#define A \"x\" \\\n  if // b\n  #if B\nint c = a#b;",
			"c‹#define A \"x\" \\›\nc‹  if // b›\nc‹  #if B›\nt‹int› c = a#b;"},
		{"a.c", "a comment that begins in a definition", "#define A 1 /* b\nif */\nif",
			"c‹#define A 1 /* b›\nc‹if */›\nk‹if›"},
		{"a.c", "words", "static ssize_t r = recv(c->fd, NULL, sizeof *c, 0x10UL);",
			"k‹static› t‹ssize_t› r = f‹recv›(c->fd, t‹NULL›, k‹sizeof› *c, s‹0x10UL›);"},
		{"a.c", "members", "struct a b = {.int = 'a', .c = L\"d\"};",
			"k‹struct› a b = {.int = s‹'a'›, .c = s‹L\"d\"›};"},
		{"a.txt", "any other text is plain", "if (1) // \"a\"\n\nb", "if (1) // \"a\"\n\nb"},
	} {
		require.Equal(t, c.want, written(languageOf(c.file).lines(c.text)), "%s: %s", c.file, c.why)
	}
}

// The keywords and predeclared names of Go are those in Go's own packages.
func TestGoKnowsItsOwnNames(t *testing.T) {
	classOf := func(code string) Class { return languageOf("a.go").lines(code)[0][0].Class }
	for _, name := range types.Universe.Names() {
		require.Equal(t, Typed, classOf(name+"("), name)
		_, builtin := types.Universe.Lookup(name).(*types.Builtin)
		require.Equal(t, !builtin, classOf(name+" ") == Typed, name)
	}
	for word := token.BREAK; word <= token.VAR; word++ {
		require.Equal(t, Keyword, classOf(word.String()+"("))
	}
}

// Colours change no text, and neighbouring spans differ in class.
func TestColoursKeepTheText(t *testing.T) {
	files, module := 0, os.DirFS(filepath.Join("..", "..", ".."))
	require.NoError(t, fs.WalkDir(module, ".", func(place string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && place != "." {
			return fs.SkipDir
		}
		l := languageOf(place)
		if d.IsDir() || l == nil {
			return nil
		}
		files++
		b, err := fs.ReadFile(module, place)
		require.NoError(t, err)
		requireKept(t, l, string(b))
		return nil
	}))
	require.Greater(t, files, 100)
}

func requireKept(t *testing.T, l *language, text string) {
	t.Helper()
	var lines []string
	for _, spans := range l.lines(text) {
		line := ""
		for i, s := range spans {
			require.NotEmpty(t, s.Text)
			require.True(t, i == 0 || s.Class != spans[i-1].Class, "two spans of one class: %q", spans)
			line += s.Text
		}
		lines = append(lines, line)
	}
	require.Equal(t, text, strings.Join(lines, "\n"))
}

// The same holds for text that is no program in any language.
func FuzzColoursKeepTheText(f *testing.F) {
	for _, text := range []string{
		"", "\n\n", "'", "\"\\", "`", "/*", "/**/", "\"\"\"\\", "#\\\n", "0x", ".", "\xff(", "a\r\nb",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, file := range []string{"a.go", "a.py", "a.js", "a.c", "a"} {
			requireKept(t, languageOf(file), text)
		}
	})
}
