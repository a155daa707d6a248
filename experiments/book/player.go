package book

import (
	"fmt"
	"slices"
	"time"

	"socketbench/experiments/course"
	"socketbench/experiments/watch"
)

// step is what happens within one grain of a scene.
type step struct {
	Milli int64
	At    string
	Says  []course.Text // "goroutine: ann is answered"
}

// phrases say what an event means to somebody who sees one client, whose name stands for %s. Events that are not listed are
// part of another one.
var phrases = map[watch.What]course.Text{
	watch.Connected:  {English: "%s is connected", Chinese: "%s 已连接"},
	watch.Refused:    {English: "%s is refused", Chinese: "%s 被拒绝"},
	watch.Sent:       {English: "%s sends", Chinese: "%s 发送"},
	watch.Answered:   {English: "%s is answered", Chinese: "%s 得到回复"},
	watch.Wrong:      {English: "%s gets a wrong reply", Chinese: "%s 得到错误的回复"},
	watch.Ended:      {English: "%s reads the end of the stream", Chinese: "%s 读到连接结束"},
	watch.Reset:      {English: "the connection of %s is reset", Chinese: "%s 的连接被重置"},
	watch.HalfClosed: {English: "%s says that it has sent everything", Chinese: "%s 表示已经发完"},
	watch.Closed:     {English: "%s closes", Chinese: "%s 关闭"},
	watch.InVain:     {English: "%s still waits at the end", Chinese: "%s 到最后还在等"},
	watch.ServerGone: {English: "the server has ended", Chinese: "服务器已经结束"},
}

// letters say the same of datagrams, whose number stands for %d.
var letters = map[watch.What]course.Text{
	watch.Sent:     {English: "%s sends datagram %d", Chinese: "%s 发送第 %d 个数据报"},
	watch.Received: {English: "%s gets the reply to datagram %d", Chinese: "%s 收到第 %d 个数据报的回复"},
	watch.Lost:     {English: "%s waits no more for the reply to datagram %d", Chinese: "%s 不再等第 %d 个数据报的回复"},
}

// drops says what the system has dropped so far.
var drops = course.Text{English: "the socket is full; datagrams dropped so far: %d", Chinese: "套接字已满，到现在丢弃的数据报：%d"}

// phrase tells an event in words; ok is false if it is a part of another one.
func phrase(scene watch.Scene, e watch.Event) (text course.Text, ok bool) {
	fill := func(t course.Text, args ...any) (course.Text, bool) {
		return course.Text{English: fmt.Sprintf(t.English, args...), Chinese: fmt.Sprintf(t.Chinese, args...)}, true
	}
	if e.What == watch.Dropped {
		text, _ = fill(drops, e.Number)
		return text, e.Number > 0
	}
	if e.Client < 0 || e.Client >= len(scene.Clients) {
		return text, false
	}
	name := scene.Clients[e.Client].Name
	if t, is := letters[e.What]; is && e.Number > 0 {
		return fill(t, name, e.Number)
	}
	t, is := phrases[e.What]
	switch {
	case !is || scene.Datagrams() && e.What == watch.Answered: // which was said of the last reply
		return text, false
	case e.What == watch.ServerGone:
		return t, true
	}
	return fill(t, name)
}

// steps tells a play in words, moment by moment.
func steps(scene watch.Scene, seen []watch.Performance) (list []step) {
	type said struct {
		at   time.Duration
		text course.Text
	}
	var all []said
	for _, perf := range seen {
		for _, e := range perf.Events {
			if text, ok := phrase(scene, e); ok {
				text = course.Text{English: perf.Server + ": " + text.English, Chinese: perf.Server + "：" + text.Chinese}
				all = append(all, said{e.At.Truncate(watch.Grain), text})
			}
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
