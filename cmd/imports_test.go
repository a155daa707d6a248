package cmd

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rooms is the law of the house: imports run one way only. The first entry that a package is in holds.
var rooms = []struct {
	packages string
	may      []string // packages of this module
}{
	{"patterns/...", []string{"patterns/..."}},
	{"servers/upper", nil},
	{"servers/address", nil},
	{"servers/suggest", nil},
	{"servers/config", []string{"servers/upper"}},
	{"servers/blocking", []string{"patterns/...", "servers/upper", "servers/config"}},
	{"servers/eventloop", []string{"patterns/...", "servers/upper", "servers/config"}},
	{"servers", []string{"patterns/...", "servers/upper", "servers/address", "servers/suggest", "servers/config", "servers/blocking", "servers/eventloop"}},
	{"servers/foreign/libraries", []string{"servers/upper"}},
	{"servers/foreign/libraries/...", []string{"servers/foreign/libraries"}},
	{"servers/...", []string{"patterns/...", "servers/..."}},
	{"experiments/fleet/overnats", []string{"patterns/...", "servers/...", "experiments/..."}},
	{"experiments/...", []string{"patterns/...", "servers/...", "experiments/..."}},
	{"cmd/...", []string{"patterns/...", "servers/...", "experiments/...", "cmd/..."}},
}

// libraries says in which rooms a library is at home; one that is not listed may be used anywhere.
var libraries = map[string][]string{
	"github.com/alitto/pond/v2":            {"patterns/pool"},
	"github.com/cloudwego/netpoll":         {"servers"},
	"github.com/panjf2000/gnet/...":        {"servers/foreign/libraries/gnet"},
	"github.com/lesismal/nbio":             {"servers/foreign/libraries/nbio"},
	"github.com/tidwall/evio":              {"servers/foreign/libraries/evio"},
	"github.com/spf13/cobra":               {"cmd/..."},
	"charm.land/...":                       {"cmd/...", "experiments/..."},
	"github.com/goccy/go-yaml/...":         {"experiments/..."},
	"gonum.org/v1/plot/...":                {"experiments/report/..."},
	"github.com/aymanbagabas/go-udiff/...": {"experiments/report/sidebyside"},
	"github.com/chromedp/...":              {"experiments/report/browser"},
	"github.com/nats-io/nats-server/...":   {"experiments/fleet/overnats"},
	"github.com/nats-io/nats.go/...":       {"experiments/fleet/overnats"},
	"github.com/prometheus/procfs/...":     {"servers/servertest", "experiments/host", "cmd/..."},
}

func within(pkg, pattern string) bool {
	tree, all := strings.CutSuffix(pattern, "/...")
	return pkg == tree || all && strings.HasPrefix(pkg, tree+"/")
}

func withinAny(pkg string, patterns []string) bool {
	for _, p := range patterns {
		if within(pkg, p) {
			return true
		}
	}
	return false
}

// lawBroken returns why pkg must not import what it does, or "".
func lawBroken(pkg, imported string) string {
	if inside, ours := strings.CutPrefix(imported, "socketbench/"); ours {
		for _, room := range rooms {
			if within(pkg, room.packages) {
				if inside == pkg || withinAny(inside, room.may) {
					return ""
				}
				return pkg + " imports " + inside + "; it may import: " + strings.Join(room.may, ", ")
			}
		}
		return pkg + " is in no room of the house"
	}
	for library, homes := range libraries {
		if within(imported, library) && !withinAny(pkg, homes) {
			return pkg + " imports " + imported + ", which is at home in " + strings.Join(homes, ", ")
		}
	}
	return ""
}

func TestImportsRunOneWay(t *testing.T) {
	for _, system := range []string{"linux", "darwin", "windows"} {
		c := exec.Command("go", "list", "-json=ImportPath,Imports", "socketbench/...")
		c.Env = append(os.Environ(), "GOOS="+system)
		out, err := c.Output()
		require.NoError(t, err)
		decoder, packages := json.NewDecoder(strings.NewReader(string(out))), 0
		for {
			var p struct {
				ImportPath string
				Imports    []string
			}
			if err := decoder.Decode(&p); err == io.EOF {
				break
			} else {
				require.NoError(t, err)
			}
			packages++
			for _, imported := range p.Imports {
				require.Empty(t, lawBroken(strings.TrimPrefix(p.ImportPath, "socketbench/"), imported), system)
			}
		}
		require.Greater(t, packages, 5)
	}
}

// The law refuses what it is there to refuse.
func TestTheLawRefuses(t *testing.T) {
	require.NotEmpty(t, lawBroken("patterns/drain", "socketbench/servers"))
	require.NotEmpty(t, lawBroken("servers/upper", "socketbench/patterns/drain"))
	require.NotEmpty(t, lawBroken("servers", "socketbench/servers/servertest"))
	require.NotEmpty(t, lawBroken("servers/foreign", "socketbench/experiments/host"))
	require.NotEmpty(t, lawBroken("experiments/host", "socketbench/cmd"))
	require.NotEmpty(t, lawBroken("utils", "socketbench/servers"))
	require.NotEmpty(t, lawBroken("servers", "github.com/alitto/pond/v2"))
	require.NotEmpty(t, lawBroken("experiments/load", "github.com/spf13/cobra"))
	require.Empty(t, lawBroken("experiments/load", "socketbench/servers/upper"))
	require.Empty(t, lawBroken("servers", "net"))
}
