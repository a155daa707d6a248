package source

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
	"socketbench/servers/foreign"
)

// A marked program in another language has the same regions as a design in Go. Its essay and its imports are apart.
func TestMarkedProgramHasRegions(t *testing.T) {
	src, err := Of(servers.Entry{Name: "p", File: "p.py", Code: `# p: answers.
#
# It waits in recv.
import socket
from sys import argv

# region listen
port = int(argv[1])
# endregion

kept = {}


def talk(c):
    while True:
        # region read
        data = c.recv(9)
        # endregion
        # region reply
        c.sendall(data)
        # endregion


while True:
    # region accept
    c = s.accept()
    # endregion

# region drain: none, it is killed
`})
	require.NoError(t, err)
	require.Equal(t, "answers.", src.Idea)
	require.Equal(t, []Paragraph{{"", "It waits in recv."}}, src.Essay)
	var got []string
	for _, r := range src.Regions {
		line := r.Name + ":" + r.None
		for _, l := range r.Lines {
			line += fmt.Sprint(" ", l.Number)
		}
		got = append(got, line)
	}
	require.Equal(t, []string{"type: 11", "listen: 8", "accept: 24 26", "read: 14 15 17", "reply: 20", "drain:it is killed"}, got)

	_, err = Of(servers.Entry{Name: "p", File: "p.py", Code: "# region write\n"})
	require.ErrorContains(t, err, `p.py:1: no region "write"`)
	src, err = Of(servers.Entry{Name: "p", File: "p.py", Code: "import socket\n"})
	require.NoError(t, err)
	require.Equal(t, "program", src.Regions[0].Name)
}

// Every program in another language stands beside the design in Go region by region, and says what it is.
func TestProgramsHaveTheRegionsOfADesign(t *testing.T) {
	for _, e := range foreign.Entries() {
		if path.Ext(e.File) == ".go" {
			continue
		}
		src, err := Of(e)
		require.NoError(t, err)
		require.NotEmpty(t, src.Idea, e.Name)
		require.NotEmpty(t, src.Essay, e.Name)
		found := map[string]bool{}
		for _, r := range src.Regions {
			found[r.Name] = true
			for _, l := range r.Lines {
				require.LessOrEqual(t, columns(l.Text), 110, "%s:%d", e.File, l.Number)
				require.False(t, strings.HasPrefix(l.Text, "import ") || strings.HasPrefix(l.Text, "#include "), e.Name)
			}
		}
		for _, name := range Regions {
			require.True(t, found[name], "%s: no region %s", e.Name, name)
		}
	}
}
