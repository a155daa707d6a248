package book

import (
	"regexp"

	"socketbench/experiments/course"
)

// pictureWords are the words of a picture, of its legend and of how a client fared, in Chinese. Each stands for the whole text or
// for one with its figures; the first that fits counts.
var pictureWords = []struct {
	english *regexp.Regexp
	chinese string
}{
	// The legend.
	{whole(`connecting`), "正在连接"},
	{whole(`backlog: connected, not accepted`), "在等待队列中：已连接，还没有 accept"},
	{whole(`connected, silent`), "已连接，沉默"},
	{whole(`waiting for an answer`), "等待回复"},
	{whole(`being answered`), "正在处理"},
	{whole(`sent`), "发送"},
	{whole(`a reply, and more is owed`), "收到回复，还有未收完的"},
	{whole(`half-closed`), "半关闭"},
	{whole(`closed`), "关闭"},
	{whole(`refused`), "被拒绝"},
	{whole(`reset`), "被重置"},
	{whole(`unread in the socket`), "在套接字里没有人读"},
	{whole(`no reply: lost, or late`), "没有回复：丢失或迟到"},

	// How a client fared.
	{whole(`-`), "-"},
	{whole(`silent`), "沉默"},
	{whole(`waits`), "在等"},
	{whole(`answered`), "有回复"},
	{whole(`answered, ([0-9.]+) s`), "有回复，$1 秒"},
	{whole(`answered, cut`), "有回复，但被截断"},
	{whole(`answered, reordered`), "有回复，顺序变了"},
	{whole(`([0-9]+) of ([0-9]+) lost`), "$2 个丢了 $1 个"},
	{whole(`([0-9]+) of ([0-9]+) back`), "$2 个回来 $1 个"},
	{whole(`([0-9]+) sends?, ([0-9]+) reads?`), "$1 次发送，$2 次读取"},
	{whole(`([0-9]+) sends?, back in ([0-9]+) pieces?`), "$1 次发送，分 $2 块回来"},
	{whole(`wrong reply`), "回复错误"},
	{whole(`closed, no answer`), "被关闭，没有回复"},
	{whole(`cut off`), "被服务器断开"},
	{whole(`reset by itself`), "自己重置"},
	{whole(`left`), "自己离开"},
	{whole(`waits in vain`), "白等"},
	{whole(`server gone`), "服务器没了"},
}

func whole(pattern string) *regexp.Regexp { return regexp.MustCompile("^" + pattern + "$") }

// inChinese is a word of a picture in Chinese; itself if there is none.
func inChinese(english string) string {
	for _, w := range pictureWords {
		if w.english.MatchString(english) {
			return w.english.ReplaceAllString(english, w.chinese)
		}
	}
	return english
}

// told is a word of a picture in both languages.
func told(english string) course.Text {
	return course.Text{English: english, Chinese: inChinese(english)}
}
