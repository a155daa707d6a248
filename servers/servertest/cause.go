package servertest

import (
	"bytes"
	"slices"
	"strings"
)

// What the events themselves say, whichever case met them.
const (
	highBytes        = "takes bytes above 0x7f for text: they come back as others or break the conversation, and only the letters a-z may change"
	cString          = "does not take zero bytes for data: it stops at them, drops or changes them"
	lineEnds         = "changes line ends: a request is bytes, and CR and LF are two of them"
	blankBytes       = "strips or changes blanks and line ends: they belong to the request"
	controlBytes     = "changes control characters: they are data like any other byte"
	notLetters       = "changes ASCII bytes that are no letters: only a-z may change"
	swapsCase        = "swaps case: capital letters come back small, where they are to stay"
	staysSmall       = "leaves some letters small: each of a-z is to become large"
	otherBytes       = "replies with other bytes than it was sent: lost, repeated, out of order or another connection's"
	addsLineEnd      = "adds a line end to what it was sent: the reply has the length of the request"
	greets           = "greets its clients: the protocol has no banner"
	addsBytes        = "sends bytes that nobody asked for"
	stopsAnswers     = "stops answering: nothing more comes back for what it was sent"
	closesEarly      = "closes a connection while it owes a reply"
	endsEarly        = "ends connections, by a close or a reset, while it owes replies"
	resetsEarly      = "resets a connection while it owes a reply"
	resetsAtOnce     = "accepts connections and resets them before anything is answered"
	resetsAtEnd      = "resets a connection instead of closing it: what was on its way is lost"
	nobodyThere      = "refuses connections: nobody listens at its address"
	queueFull        = "takes no connections for a while: its queue of clients that wait to be accepted stays full"
	staysOpen        = "keeps a connection open that it has to close"
	endsInError      = "ends with an error where an orderly end has none: what its clients do, and being told to stop, are no errors of the server"
	countsWrongly    = "counts other bytes than its clients sent and got: Tally.Read and Tally.Written are what reads and writes returned"
	leavesGoroutines = "leaves goroutines behind when it ends: each must be waited for"
	diesServing      = "ends while it serves a client: no client may end the server"
)

// byteClass is a kind of bytes that servers treat apart.
type byteClass struct {
	words string
	has   func(byte) bool
}

// byteClasses begin with the narrowest.
var byteClasses = []byteClass{
	{cString, func(b byte) bool { return b == 0 }},
	{lineEnds, func(b byte) bool { return b == '\r' || b == '\n' }},
	{blankBytes, func(b byte) bool { return strings.IndexByte(" \t\r\n\v\f", b) >= 0 }},
	{controlBytes, func(b byte) bool { return b < ' ' || b == 0x7f }},
	{highBytes, func(b byte) bool { return b > 0x7f }},
	{swapsCase, func(b byte) bool { return b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' }},
}

// classesOf returns which classes have a byte in b, a bit for each.
func classesOf(b []byte) (bits uint) {
	for _, c := range b {
		bits |= classBits[c]
	}
	return bits
}

var classBits = func() (t [256]uint) {
	for c := range t {
		for i, class := range byteClasses {
			if class.has(byte(c)) {
				t[c] |= 1 << i
			}
		}
	}
	return t
}()

// causes returns the sentences that what was seen allows, the most telling first, and how many of them it shows for
// certain. own is the sentence of the case.
func causes(v sight, c *Case) (all []string, certain int) {
	add := func(words ...string) { all = append(all, words...) }
	own := func() {
		certain = len(all)
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
		add(general(v))
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
			add(otherBytes)
		}
	case sawClose, sawReset:
		if v.broken {
			add(highBytes)
		}
		own()
		add(endings(v)...)
		add(endsEarly)
	case sawOpen:
		own()
		add(staysOpen)
	default:
		own()
	}
	return unique(all), certain
}

// lacks names the class of bytes that all that is missing belongs to.
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

// endings says how a connection ended that the server should have kept.
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

func unique(all []string) []string {
	var once []string
	for _, words := range all {
		if !slices.Contains(once, words) {
			once = append(once, words)
		}
	}
	return once
}

// missing is what is owed and did not come.
func missing(v sight) []byte {
	if len(v.got) > len(v.want) {
		return nil
	}
	return v.want[len(v.got):]
}

// changes names what a reply with wrong bytes, or too many, shows for certain.
func changes(v sight) []string {
	var all []string
	if v.event == sawExtra && !v.sentAny && !v.halfClosed {
		return []string{greets}
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
		if onlyAt(v.want, v.got, func(w, g byte) bool { return w < 0x80 && (w < 'A' || w > 'Z') }) && want != 0 && want != '\r' && want != '\n' {
			all = append(all, notLetters)
		}
		if onlyAt(v.want, v.got, func(w, g byte) bool { return w >= 'A' && w <= 'Z' && g == w+32 }) {
			if !v.swapped {
				all = append(all, staysSmall)
			}
			all = append(all, swapsCase)
		}
		if added := v.got[at:]; addsALine(added, v.want[at:]) {
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

// firstZero reports whether the first zero byte of want is at this place: a server that stops at zero bytes or changes
// them passes none before it.
func firstZero(want []byte, at int) bool { return bytes.IndexByte(want, 0) == at }

// addsALine reports whether got is want behind a line end, as far as a few bytes can tell.
func addsALine(got, want []byte) bool {
	const few = 4
	rest := bytes.TrimPrefix(bytes.TrimPrefix(got, []byte("\r")), []byte("\n"))
	n := min(len(rest), len(want), few)
	return len(rest) < len(got) && bytes.Equal(rest[:n], want[:n])
}

// general is what is left to say of a wrong reply.
func general(v sight) string {
	if v.event == sawExtra {
		return addsBytes
	}
	return otherBytes
}

// differs returns the first place at which a and b are not the same.
func differs(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// onlyAt reports whether all differences of two texts, byte by byte, are of a kind.
func onlyAt(want, got []byte, of func(w, g byte) bool) bool {
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] && !of(want[i], got[i]) {
			return false
		}
	}
	return true
}

// sameBut reports whether got is want, or its beginning, except that runs of the bytes of a class were dropped or
// became others. A run becomes at most four bytes for each of its own.
func sameBut(want, got []byte, class func(byte) bool) bool {
	if bytes.HasPrefix(want, got) {
		return false // nothing differs
	}
	for len(got) > 0 {
		plain := span(want, func(b byte) bool { return !class(b) })
		if n := min(plain, len(got)); !bytes.Equal(want[:n], got[:n]) {
			return false
		}
		if plain >= len(got) {
			return true
		}
		want, got = want[plain:], got[plain:]
		run := span(want, class)
		if run == 0 {
			return false // there is more than was wanted, and no such byte before it
		}
		want = want[run:]
		next := want[:span(want, func(b byte) bool { return !class(b) })]
		at := follows(got, next, 4*run+4, run)
		if at < 0 {
			return false
		}
		got = got[at:]
	}
	return true
}

// span returns how many bytes at the start of b are of a class.
func span(b []byte, class func(byte) bool) int {
	for i, c := range b {
		if !class(c) {
			return i
		}
	}
	return len(b)
}

// follows returns where next begins in got, or begins to begin where got ends, at most limit bytes on: at usual where
// that is possible, and else as early as it can be. It returns -1 where that is nowhere.
func follows(got, next []byte, limit, usual int) int {
	const few = 4 // bytes that tell that it goes on there
	fits := func(at, least int) bool {
		n := min(len(next), len(got)-at)
		return n >= min(least, len(next)) && bytes.Equal(got[at:at+n], next[:n])
	}
	if usual <= len(got) && fits(usual, 0) {
		return usual
	}
	if len(next) == 0 {
		if len(got) > limit {
			return -1
		}
		return len(got)
	}
	for at := range min(limit, len(got)) + 1 {
		if fits(at, few) {
			return at
		}
	}
	return -1
}

// fits reports whether the sentence of a case can be true where e was seen.
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

// sentenceFits says with which events a sentence goes where that is not what its family says.
var sentenceFits = map[string]event{
	foreignBytes: sawBytes, textBytes: sawBytes | sawSilence, cString: sawBytes | sawSilence, obeyedBytes: sawBytes | sawEnd,
	bufferBytes: sawBytes | sawSilence, wholeMessage: sawBytes | sawSilence | sawClose, stalePart: sawBytes | sawSilence | sawClose,
	crossed: sawBytes | sawSilence | sawOther, twice: sawBytes, outOfOrder: sawBytes, leftOver: sawBytes | sawSilence | sawClose,
	notClosed: sawOpen, spins: sawOpen | sawOther, spinsIdle: sawOther, spinsFull: sawOther,
	dropped: sawClose | sawSilence, lostBefore: sawEnd | sawSilence | sawBytes, shortWrite: sawBytes | sawSilence | sawClose,
	refusesMore: sawRefusal | sawEnd, oneClient: sawRefusal | sawSilence | sawOther, oneAtATime: sawSilence | sawOther,
	"took the byte 0xff for end-of-file":                                                  sawEnd | sawSilence | sawOpen,
	"swapped case instead of raising it":                                                  sawWrong,
	"left out a letter at an end of the alphabet":                                         sawWrong,
	"off by one at the edge of the alphabet":                                              sawWrong,
	"waits until a buffer is full":                                                        sawSilence,
	"gave up on a client that was silent for a moment":                                    sawEnd,
	"answered something that was never sent":                                              sawExtra,
	"added bytes to the reply":                                                            sawExtra,
	"greets its clients: the protocol has no banner":                                      sawExtra,
	"waits for a newline or for more bytes: the client waits too, and both wait for ever": sawSilence,
	tooEarly: sawBytes, noLimit: sawSilence | sawOpen | sawOther, lineCount: sawAnything &^ sawRefusal, headerByte: sawWrong,
	oneBlocks: sawSilence, unbounded: sawOther,
}

// settle chooses over all failures: the cause that explains the most of them is named for all of these, then the one
// that explains the most of the rest. Of causes that explain as many, the more telling one is named. What is certain
// comes first, and takes with it what follows from it: a conversation in which such bytes were sent before.
func settle(failures []*Failure) {
	left := slices.DeleteFunc(slices.Clone(failures), func(f *Failure) bool { return len(f.causes) == 0 })
	if slices.ContainsFunc(left, func(f *Failure) bool { return f.causes[0] == greets }) {
		for _, f := range left {
			if f.sight.event&sawBytes != 0 && !f.sight.gotAny && differs(f.sight.want, f.sight.got) == 0 { // the banner is what it got for its reply
				f.causes, f.certain = []string{greets}, 1
			}
		}
	}
	left = cover(left, func(f *Failure) []string { return f.causes[:f.certain] }, func(words string) {
		i := slices.IndexFunc(byteClasses, func(class byteClass) bool { return class.words == words })
		for _, f := range left {
			follows := i >= 0 && f.sight.event&(sawBytes|sawSilence|sawOpen) != 0 && f.sight.sent&(1<<i) != 0 ||
				words == addsLineEnd && f.sight.event&sawBytes != 0
			if f.certain == 0 && follows {
				f.causes, f.certain = append([]string{words}, f.causes...), 1
			}
		}
	})
	cover(left, func(f *Failure) []string { return f.causes }, func(string) {})
}

// cover names causes, the one of the most failures first, and returns the failures that none of them explains. It
// calls named with each cause once it is chosen, before the failures that it explains are taken away.
func cover(left []*Failure, of func(*Failure) []string, named func(words string)) []*Failure {
	for {
		count, rank := map[string]int{}, map[string]int{}
		var words []string
		for _, f := range left {
			for i, w := range of(f) {
				if count[w] == 0 {
					words = append(words, w)
				}
				count[w]++
				rank[w] += i
			}
		}
		if len(words) == 0 {
			return left
		}
		best := words[0]
		for _, w := range words[1:] {
			if count[w] > count[best] || count[w] == count[best] && rank[w] < rank[best] {
				best = w
			}
		}
		named(best)
		left = slices.DeleteFunc(slices.Clone(left), func(f *Failure) bool {
			explained := slices.Contains(f.causes, best)
			if explained {
				f.Fault = best
			}
			return explained
		})
	}
}
