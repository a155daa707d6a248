package servertest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The cause that is named follows from what was seen.
func TestCauses(t *testing.T) {
	reply := func(want, got string) sight {
		return sight{event: sawWrong, want: []byte(want), got: []byte(got), sentAny: true, gotAny: true}
	}
	silence := func(want, got string, part bool) sight {
		return sight{event: sawSilence, want: []byte(want), got: []byte(got), sentAny: true, gotAny: got != "", part: part}
	}
	swaps := caseNamed("bytes/already-upper")
	for _, test := range []struct {
		name string
		seen sight
		want string // the first cause
	}{
		{"latin-1 capitals", reply("STRA\xdfE \xe0\xe9 B", "STRA\xdfE \xc0\xc9 B"), highBytes},
		{"replacement characters", reply("A\xc3(\xa0B", "A\xef\xbf\xbd(\xef\xbf\xbdB"), highBytes},
		{"the eighth bit doubled, up to where the read ended", reply("AB\xffCDEFGH", "AB\xff\xffCDEFG"), highBytes},
		{"an insertion that no high byte explains", reply("AB\xffCDEFGH", "AXB\xffCDEFG"), swaps.Fault},
		{"swapped case", sight{event: sawWrong, want: []byte("ABC"), got: []byte("abc"), sentAny: true, swapped: true}, swapsCase},
		{"a letter left out", reply("XYZ", "XYz"), staysSmall},
		{"stripped", reply("  A  B", "A  B"), blankBytes},
		{"a line end more", reply("ABCD", "A\nBC"), addsLineEnd},
		{"a line end where the rest of the line was lost", sight{event: sawWrong, want: []byte("ABCDEF"), got: []byte("ABC\n"), lines: true}, swaps.Fault},
		{"a line end and nothing more yet", reply("ABCDEF", "ABC\n"), addsLineEnd},
		{"the last reply again", sight{event: sawWrong, want: []byte("N 99N 100"), got: []byte("N 99N 99N"), right: 4, sentAny: true, gotAny: true}, twice},
		{"the same words later, where those before are lost", sight{event: sawWrong, want: []byte("ONE\nTWO\nONE\n"), got: []byte("ONE\nONE\n"), right: 4, sentAny: true, gotAny: true}, swaps.Fault},
		{"another connection's reply", reply("CLIENT 0", "CLIENT 1"), swaps.Fault},
		{"a letter without a dot that becomes an I", reply("\u0131 A", "I A"), highBytes},
		{"another connection's reply around a blank", reply("CHURN 1", "CHURN 21"), swaps.Fault},
		{"a length read backwards is too long", sight{event: sawClose, swapsBytes: sawEnd, sentAny: true}, byteOrder},
		{"a length read backwards is waited for", sight{event: sawSilence, swapsBytes: sawSilence, sentAny: true}, byteOrder},
		{"silence where a length read backwards is too long", sight{event: sawSilence, swapsBytes: sawEnd, sentAny: true}, stopsAnswers},
		{"a neighbour of the letters", reply("A{B", "A[B"), notLetters},
		{"a zero byte ends the reply", silence("ABC\x00DEF", "ABC", true), cString},
		{"a reply cut where a later zero byte is", silence("A\x00BCDEFG\x00HI", "A\x00BCDEFG", true), stopsAnswers},
		{"a line end that stays away", silence("ABC\r\n", "ABC", true), lineEnds},
		{"a whole reply that stays away", silence("ABC\n", "ABC", false), stopsAnswers},
		{"refused", sight{event: sawRefusal}, nobodyThere},
		{"a full queue", sight{event: sawRefusal, late: true}, queueFull},
		{"reset at once", sight{event: sawReset, sentAny: true, want: []byte("A")}, resetsAtOnce},
		{"closed at the half-close", sight{event: sawClose, want: []byte("A"), halfClosed: true}, dropped},
		{"closed before", sight{event: sawClose, want: []byte("A")}, closesEarly},
		{"a banner", sight{event: sawExtra, got: []byte("READY\r\n")}, greets},
		{"a reply twice", sight{event: sawExtra, want: []byte("AB"), got: []byte("ABAB"), sentAny: true}, twice},
	} {
		all, _ := causes(test.seen, swaps)
		require.NotEmpty(t, all, test.name)
		require.Equal(t, test.want, all[0], test.name)
	}
}

// A cause that explains all failures is named for all; a failure that it does not explain keeps its own cause.
func TestSettle(t *testing.T) {
	f := func(certain int, causes ...string) *Failure { return &Failure{causes: causes, certain: certain} }
	all := []*Failure{f(0, "a", "common"), f(0, "b", "common"), f(0, "c", "common"), f(0, "apart")}
	settle(all)
	for i, want := range []string{"common", "common", "common", "apart"} {
		require.Equal(t, want, all[i].Fault)
	}
	all = []*Failure{f(1, "shown", "common"), f(0, "b", "common"), f(0, "c", "common")}
	settle(all)
	for i, want := range []string{"shown", "common", "common"} {
		require.Equal(t, want, all[i].Fault)
	}
	all = []*Failure{f(0, hangsDrain), f(0, hangsDrain), f(1, openDrain)}
	settle(all)
	for i := range all {
		require.Equal(t, openDrain, all[i].Fault, "who goes on accepting does not end")
	}
	follows := f(0, stopsAnswers)
	follows.sight = sight{event: sawSilence, sent: classesOf([]byte("\xff"))}
	unlike := f(0, stopsAnswers)
	unlike.sight = sight{event: sawSilence, sent: classesOf([]byte("a"))}
	settle([]*Failure{f(1, highBytes), follows, unlike})
	require.Equal(t, highBytes, follows.Fault)
	require.Equal(t, stopsAnswers, unlike.Fault)
}

// The sentence of a case is given only if it can be true.
func TestSentencesFit(t *testing.T) {
	for _, c := range Cases() {
		if c.Fault == "" {
			continue
		}
		some := false
		for e := range eventNames {
			some = some || c.fits(e)
		}
		require.True(t, some, "%s: its sentence fits no event", c.Name)
	}
	require.False(t, caseNamed("bytes/already-upper").fits(sawReset))
	require.False(t, caseNamed("bytes/latin-1").fits(sawSilence))
}
