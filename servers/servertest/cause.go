package servertest

import (
	"bytes"
	"strings"
)

// Causes that follow from an event itself, in whichever case it was seen.
const (
	highBytes        = "treats bytes above 0x7f as text: they come back changed or end the conversation, but only the letters a-z may change"
	cString          = "does not treat zero bytes as data: it stops at them, drops them or changes them"
	lineEnds         = "changes line ends: CR and LF are bytes of the request like any others"
	blankBytes       = "strips or changes blanks and line ends: they belong to the request"
	controlBytes     = "changes control characters: they are data like any other byte"
	notLetters       = "changes ASCII bytes that are not letters: only a-z may change"
	swapsCase        = "swaps case: upper-case letters must stay as they are, but come back as lower-case"
	staysSmall       = "leaves some letters in lower case: each of a-z must become upper case"
	otherBytes       = "replies with wrong bytes: some are lost, repeated, out of order or another connection's"
	addsLineEnd      = "adds a line end to the reply: a reply is exactly as long as its request"
	greets           = "greets its clients: the protocol has no banner"
	addsBytes        = "sends bytes that no request asked for"
	stopsAnswers     = "stops answering: nothing more comes back for what it was sent"
	closesEarly      = "closes a connection while it owes a reply"
	endsEarly        = "ends connections, by a close or a reset, while it owes replies"
	resetsEarly      = "resets a connection while it owes a reply"
	resetsAtOnce     = "accepts connections and resets them before anything is answered"
	resetsAtEnd      = "resets a connection instead of closing it: data on its way is lost"
	nobodyThere      = "refuses connections: nobody listens at its address"
	queueFull        = "accepts no connections for a while: the listener's queue (backlog) stays full"
	staysOpen        = "keeps a connection open that it must close"
	endsInError      = "ends with an error although it was stopped in order: neither a stop nor anything that a client does is an error of the server"
	countsWrongly    = "counts bytes wrongly: Tally.Read and Tally.Written are the sums of what reads and writes returned"
	leavesGoroutines = "leaves goroutines behind when it ends: it must wait for each of them"
	diesServing      = "ends while it serves a client: no client may end the server"
)

// causes returns the sentences that may explain what was seen in case c, the most specific first, and how many of
// them are certain.
func causes(v sight, c *Case) (all []string, certain int) {
	add := func(words ...string) { all = append(all, words...) }
	own := func() {
		certain = len(all)
		if v.swapsBytes&v.event != 0 {
			add(byteOrder)
		}
		if c.Fault != "" && c.fits(v.event) {
			add(c.Fault)
		}
	}
	switch v.event {
	case sawRefusal:
		own()
		if v.late {
			add(queueFull)
		} else {
			add(nobodyThere)
		}
	case sawWrong, sawExtra:
		add(changes(v)...)
		own()
		add(general(v)...)
	case sawSilence:
		if v.part {
			add(lacks(v)...)
		}
		if v.broken {
			add(highBytes)
		}
		own()
		add(stopsAnswers)
		if v.part {
			add(general(v)...)
		}
	case sawClose, sawReset:
		if v.broken {
			add(highBytes)
		}
		own()
		add(endings(v)...)
		add(endsEarly)
		if v.part && len(v.want) > aheadMost {
			add(bufferBytes)
		}
	case sawOpen:
		own()
		add(staysOpen)
	default:
		own()
	}
	return unique(all), certain
}

// lacks names the classes of bytes that could explain why the rest of a reply is missing: the rest consists of one
// class only, or begins with a zero byte.
func lacks(v sight) (all []string) {
	rest := missing(v)
	if len(rest) == 0 {
		return nil
	}
	if firstZero(v.want, len(v.got)) {
		all = append(all, cString) // whatever follows it
	}
	for _, class := range byteClasses {
		if class.words != swapsCase && span(rest, class.has) == len(rest) {
			all = append(all, class.words)
		}
	}
	return all
}

// endings names the ways in which the server ended a connection that it should have kept.
func endings(v sight) []string {
	owes := len(missing(v)) > 0
	switch {
	case v.event == sawClose && v.halfClosed && owes:
		return []string{dropped, closesEarly}
	case v.event == sawClose:
		return []string{closesEarly}
	case !v.gotAny:
		return []string{resetsAtOnce, resetsEarly}
	case v.halfClosed && !owes:
		return []string{resetsAtEnd}
	}
	return []string{resetsEarly}
}

// changes names the causes that a reply with wrong or additional bytes proves.
func changes(v sight) []string {
	var all []string
	if v.event == sawExtra && !v.sentAny && !v.halfClosed {
		return []string{greets}
	}
	if repeats(v.got[:v.right], v.got[v.right:], v.want[v.right:]) {
		all = append(all, twice)
	}
	for _, class := range byteClasses {
		if class.words != swapsCase && sameBut(v.want, v.got, class.has) {
			all = append(all, class.words)
		}
	}
	if at := differs(v.want, v.got); at < min(len(v.want), len(v.got)) {
		want := v.want[at]
		if firstZero(v.want, at) {
			all = append(all, cString)
		}
		if onlyAt(v.want, v.got, func(w, g byte) bool { return w < 0x80 && (w < 'A' || w > 'Z') && w^g == 'a'-'A' }) && want != 0 {
			all = append(all, notLetters)
		}
		if onlyAt(v.want, v.got, func(w, g byte) bool { return w >= 'A' && w <= 'Z' && g == w+32 }) {
			if !v.swapped {
				all = append(all, staysSmall)
			}
			all = append(all, swapsCase)
		}
		if added := v.got[at:]; addsALine(added, v.want[at:], v.lines) {
			all = append(all, addsLineEnd)
		}
	}
	if v.event == sawExtra {
		switch added := v.got[min(len(v.want), len(v.got)):]; {
		case string(added) == "\n" || string(added) == "\r\n":
			all = append(all, addsLineEnd)
		case len(added) > 0 && bytes.HasSuffix(v.want, added) && len(added) > 1:
			all = append(all, twice)
		}
	}
	return all
}

// general returns the sentences for a wrong reply that nothing more specific explains. Only a reply longer than a small
// buffer can have been cut by one.
func general(v sight) []string {
	switch {
	case v.event == sawExtra:
		return []string{addsBytes}
	case len(v.want) > aheadMost:
		return []string{otherBytes, bufferBytes}
	}
	return []string{otherBytes}
}

// fits reports whether the sentence of the case can explain event e.
func (c *Case) fits(e event) bool {
	if events, ok := sentenceFits[c.Fault]; ok {
		return events&e != 0
	}
	family, _, _ := strings.Cut(c.Name, "/")
	switch family {
	case "bytes":
		return e&sawBytes != 0
	case "cuts", "order", "duplex", "chaos":
		return e&(sawBytes|sawSilence|sawOther) != 0
	case "framing":
		return e&(sawAnything&^sawRefusal) != 0
	case "many", "resources":
		return e&(sawSilence|sawOther|sawOpen|sawClose) != 0
	}
	return e&(sawAnything&^(sawRefusal|sawBytes)) != 0
}

// sentenceFits lists the events that a sentence can explain. The family decides for sentences that are not listed.
var sentenceFits = map[string]event{
	foreignBytes: sawBytes, textBytes: sawBytes | sawSilence, cString: sawBytes | sawSilence, obeyedBytes: sawBytes | sawEnd,
	bufferBytes: sawBytes | sawSilence, wholeMessage: sawBytes | sawSilence | sawClose, stalePart: sawBytes | sawSilence | sawClose,
	crossed: sawBytes | sawSilence | sawOther, twice: sawBytes, outOfOrder: sawBytes, leftOver: sawBytes | sawSilence | sawClose,
	notClosed: sawOpen, spins: sawOpen | sawOther, spinsIdle: sawOther, spinsFull: sawOther,
	dropped: sawClose | sawSilence, lostBefore: sawEnd | sawSilence | sawBytes, shortWrite: sawBytes | sawSilence | sawClose,
	refusesMore: sawRefusal | sawEnd, oneClient: sawRefusal | sawSilence | sawOther, oneAtATime: sawSilence | sawOther,
	"takes the byte 0xff for end-of-file":                                                 sawEnd | sawSilence | sawOpen,
	"swaps case instead of changing to upper case":                                        sawWrong,
	"leaves out the first or the last letter of the alphabet":                             sawWrong,
	"is off by one at the edge of the alphabet":                                           sawWrong,
	"waits until a buffer is full":                                                        sawSilence,
	"gives up on a client that is silent for a moment":                                    sawEnd,
	"answers something that was never sent":                                               sawExtra,
	"adds bytes to the reply":                                                             sawExtra,
	"greets its clients: the protocol has no banner":                                      sawExtra,
	"waits for a newline or for more bytes: the client waits too, and both wait for ever": sawSilence,
	tooEarly: sawBytes, noLimit: sawSilence | sawOpen | sawOther, lineCount: sawAnything &^ sawRefusal, headerByte: sawWrong,
	oneBlocks: sawSilence, unbounded: sawOther,
	resetDrain: sawEnd, leaksFD: sawOther, leaksTask: sawOther, leaksAny: sawOther,
	"leaves Nagle's algorithm on: a small reply waits until the one before is acknowledged": sawOther,
	"polls for a free place": sawOther,
}
