package source

import (
	"go/ast"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"socketbench/patterns"
	"socketbench/servers"
)

const module = "socketbench/"

// imports returns the paths of the packages that a file imports, by the names that the file uses for them.
func imports(f *ast.File) map[string]string {
	paths := map[string]string{}
	for _, spec := range f.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(imported)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		paths[name] = imported
	}
	return paths
}

// made returns the names of the types that a function returns or makes a value of. The types of other packages do not
// count.
func made(d *ast.FuncDecl) (types []string) {
	add := func(e ast.Expr) {
		if star, ok := e.(*ast.StarExpr); ok {
			e = star.X
		}
		if id, ok := e.(*ast.Ident); ok && !slices.Contains(types, id.Name) {
			types = append(types, id.Name)
		}
	}
	if d.Type.Results != nil {
		for _, r := range d.Type.Results.List {
			add(r.Type)
		}
	}
	ast.Inspect(d, func(n ast.Node) bool {
		if literal, ok := n.(*ast.CompositeLit); ok {
			add(literal.Type)
		}
		return true
	})
	return types
}

// qualified matches a name of another package, such as reactor.NewPoll.
var qualified = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b(\w+)\.([A-Z]\w*)`) })

// Replace returns a line of the design's file with f in place of each name of another package of this project, such as
// "reactor.NewPoll".
func (s Source) Replace(line string, f func(name string) string) string {
	return qualified().ReplaceAllStringFunc(line, func(name string) string {
		used, _, _ := strings.Cut(name, ".")
		if !strings.HasPrefix(s.imports[used], module) {
			return name
		}
		return f(name)
	})
}

// Behind returns the declaration of a name that the design's file uses from another package of this project, such as
// "reactor.NewPoll", and its file. The types of that file that a function makes come before it. Without a declaration
// in a file that is known here, both are empty.
func (s Source) Behind(name string) (file string, lines []Line) {
	used, decl, _ := strings.Cut(name, ".")
	folder, ours := strings.CutPrefix(s.imports[used], module)
	if !ours {
		return "", nil
	}
	for _, file := range filesOf(folder) {
		text, err := FileText(file)
		if err != nil {
			continue
		}
		c, err := cutFile(file, text)
		if err != nil {
			continue
		}
		i := slices.IndexFunc(c.decls, func(d span) bool { return slices.Contains(d.names, decl) })
		if i < 0 {
			continue
		}
		for _, made := range c.decls[i].makes {
			if !slices.Contains(c.decls[i].names, made) {
				lines = c.appendLines(lines, c.decl(made))
			}
		}
		return file, c.appendLines(lines, c.decl(decl))
	}
	return "", nil
}

// filesOf returns the files of a package, those for Linux first.
func filesOf(folder string) (files []string) {
	fsys, below := fs.FS(servers.Files), strings.TrimPrefix(folder, "servers/")
	if pattern, ok := strings.CutPrefix(folder, "patterns/"); ok {
		fsys, below = patterns.Files, pattern
	}
	entries, err := fs.ReadDir(fsys, below)
	if err != nil {
		return nil // a package whose files are not in the binary
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), "_linux.go") {
			files = append([]string{folder + "/" + e.Name()}, files...)
		} else {
			files = append(files, folder+"/"+e.Name())
		}
	}
	return files
}
