package book

import (
	"context"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/experiments/scenes"
	"socketbench/experiments/watch"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sample is a book of all designs whose scenes are played by nobody: the first server of each answers every send at once,
// the others never do, and have a note.
func sample() Book {
	return Book{Entries: slices.Concat(servers.All(), foreign.Entries()), Play: func(_ context.Context, name string, names []string) (seen []watch.Performance, err error) {
		scene, err := scenes.Get(name)
		for i, server := range names {
			perf := watch.Performance{Server: server, Events: events(scene, i == 0)}
			if i > 0 {
				perf.Note = "3 in the backlog"
			}
			seen = append(seen, perf)
		}
		return seen, err
	}}
}

func events(scene watch.Scene, answers bool) (list []watch.Event) {
	for i, c := range scene.Clients {
		at, asks := time.Duration(0), false
		number := 0 // of a datagram
		say := func(what watch.What, bytes int) {
			e := watch.Event{Client: i, At: at, What: what, Bytes: bytes}
			if what == watch.Sent || what == watch.Received {
				e.Number = number
			}
			list = append(list, e)
		}
		for _, s := range c.Steps {
			switch s.Do {
			case "pause":
				at += s.For
			case "connect":
				say(watch.Connecting, 0)
				say(watch.Connected, 0)
			case "send":
				n := len(s.Text) * s.Times
				if scene.Datagrams() {
					number++
				}
				say(watch.Sent, n)
				if asks = true; answers {
					say(watch.Received, n)
					say(watch.Answered, 0)
				}
			}
		}
		if at = scene.Lasts; asks && !answers {
			say(watch.InVain, 0)
		}
	}
	slices.SortStableFunc(list, func(a, b watch.Event) int { return int(a.At - b.At) })
	return list
}

func sampleFiles(t testing.TB) map[string][]byte {
	s, err := sample().gather(t.Context())
	require.NoError(t, err)
	files, err := s.files()
	require.NoError(t, err)
	return files
}

var (
	idAttribute = regexp.MustCompile(`\sid="([^"]*)"`)
	reference   = regexp.MustCompile(`\s(?:href|src|aria-labelledby|for)="([^"]*)"`)
	names       = regexp.MustCompile(`\s(aria-labelledby|for)="([^"]*)"`)
)

// Every link leads to a page and an element of the book, and no page has an id twice.
func TestEveryLinkLeadsSomewhere(t *testing.T) {
	files, ids, links := sampleFiles(t), map[string]bool{}, 0
	for name, text := range files {
		for _, m := range idAttribute.FindAllSubmatch(text, -1) {
			place := name + "#" + string(m[1])
			require.False(t, ids[place], "%s is there twice", place)
			ids[place] = true
		}
	}
	for name, text := range files {
		if path.Ext(name) != ".html" {
			continue
		}
		for _, m := range names.FindAllSubmatch(text, -1) {
			require.True(t, ids[name+"#"+string(m[2])], "%s: %s %s", name, m[1], m[2])
		}
		for _, m := range reference.FindAllSubmatch(text, -1) {
			to := string(m[1])
			if strings.HasPrefix(string(m[0]), " aria") || strings.HasPrefix(string(m[0]), " for") || to == "data:," {
				continue
			}
			links++
			require.NotContains(t, to, ":", "%s asks a host", name)
			file, id, inside := strings.Cut(to, "#")
			file = path.Join(path.Dir(name), file)
			if to[0] == '#' {
				file = name
			}
			require.Contains(t, files, file, "%s links to %s", name, to)
			if inside {
				require.True(t, ids[file+"#"+id], "%s links to %s", name, to)
			}
		}
	}
	require.Greater(t, links, 500)
}
