package book

import (
	"fmt"
	"slices"
	"time"

	"socketbench/experiments/watch"
)

// step is what happens within one grain of a scene.
type step struct {
	Milli int64
	At    string
	Says  []string // "goroutine: ann is answered"
}

// phrases say what an event means to somebody who sees one client. Events that are not listed are part of another one.
var phrases = map[watch.What]string{
	watch.Connected:  "%s is connected",
	watch.Refused:    "%s is refused",
	watch.Sent:       "%s sends",
	watch.Answered:   "%s is answered",
	watch.Wrong:      "%s gets a wrong reply",
	watch.Ended:      "%s reads the end of the stream",
	watch.Reset:      "the connection of %s is reset",
	watch.HalfClosed: "%s says that it has sent everything",
	watch.Closed:     "%s closes",
	watch.InVain:     "%s still waits at the end",
}

// steps tells a play in words, moment by moment.
func steps(scene watch.Scene, seen []watch.Performance) (list []step) {
	type said struct {
		at   time.Duration
		text string
	}
	var all []said
	for _, perf := range seen {
		for _, e := range perf.Events {
			text := ""
			switch phrase := phrases[e.What]; {
			case e.What == watch.ServerGone:
				text = "the server has ended"
			case phrase != "" && e.Client < len(scene.Clients):
				text = fmt.Sprintf(phrase, scene.Clients[e.Client].Name)
			default:
				continue
			}
			all = append(all, said{e.At.Truncate(watch.Grain), perf.Server + ": " + text})
		}
	}
	slices.SortStableFunc(all, func(a, b said) int { return int(a.at - b.at) })
	for _, s := range all {
		at := (s.at + watch.Grain).Milliseconds() // when the moment is over
		if n := len(list); n == 0 || list[n-1].Milli != at {
			list = append(list, step{Milli: at, At: fmt.Sprintf("%.2f s", s.at.Seconds())})
		}
		last := &list[len(list)-1]
		if !slices.Contains(last.Says, s.text) {
			last.Says = append(last.Says, s.text)
		}
	}
	return list
}

// asks reports whether a client sends anything.
func asks(c watch.Client) bool {
	return slices.ContainsFunc(c.Steps, func(s watch.Step) bool { return s.Do == "send" && s.Text != "" })
}

func newVote(scene watch.Scene, index int, seen []watch.Performance) vote {
	name := scene.Clients[index].Name
	v := vote{Client: name}
	for k, perf := range seen {
		if !watch.Played(perf) {
			continue
		}
		answered, _ := watch.Outcome(scene, perf)
		word, bad := watch.Tell(perf, index, scene.Lasts+time.Second) // bad: answered at first, and not in the end
		v.Cells = append(v.Cells, cell{fmt.Sprintf("vote-%d-%d", index, k), perf.Server, slices.Contains(answered, name) && !bad, word})
	}
	return v
}
