package servertest

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
)

// told is a condition: the failure says one of these words.
func told(words ...string) func(*Failure) bool {
	return func(f *Failure) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(f.What, w) })
	}
}

// seen is a condition: one of these events.
func seen(events event) func(*Failure) bool {
	return func(f *Failure) bool { return f.sight.event&events != 0 }
}

// sentAny is a condition: the client had sent, or was owed, a byte of one of these classes.
func sentAny(classes ...string) func(*Failure) bool {
	return func(f *Failure) bool {
		bits := f.sight.sent | classesOf(f.sight.want)
		for i, class := range byteClasses {
			if bits&(1<<i) != 0 && slices.Contains(classes, class.words) {
				return true
			}
		}
		return false
	}
}

// evidence says what must have been seen before a sentence may be the cause of a failure: without it, the sentence
// contradicts what was seen.
var evidence = map[string]func(*Failure) bool{
	nobodyThere: seen(sawRefusal), queueFull: seen(sawRefusal),
	resetsEarly: seen(sawReset), resetsAtOnce: seen(sawReset), resetsAtEnd: seen(sawReset), resetDrain: seen(sawEnd),
	closesEarly: seen(sawClose), endsEarly: seen(sawEnd), dropped: seen(sawClose | sawSilence),
	notClosed: func(f *Failure) bool { return f.noEnd }, staysOpen: seen(sawOpen),
	stopsAnswers: seen(sawSilence), neverAnswers: seen(sawSilence | sawOpen | sawEnd),
	otherBytes: seen(sawBytes | sawSilence), addsBytes: seen(sawExtra), greets: seen(sawBytes), twice: seen(sawBytes),
	answersOne: seen(sawEnd), endsAtOne: seen(sawEnd | sawRefusal),
	onlyEchoes:       func(f *Failure) bool { return f.echoed },
	leaksFD:          told("descriptors are open"),
	leaksTask:        told("more goroutines"),
	leaksAny:         told("more threads", "the server grew"),
	spins:            func(f *Failure) bool { return f.noEnd || told("of a CPU")(f) },
	spinsIdle:        told("of a CPU"),
	spinsFull:        told("of a CPU"),
	diesServing:      told("the server has ended"),
	endsAfterOne:     func(f *Failure) bool { return told("the server has ended")(f) && !f.sight.gotAny && !f.sight.part },
	leavesGoroutines: told("goroutines are left"),
	countsWrongly:    told("counts"),
	endsInError:      told("ended with an error", "the server has ended"),
	cString:          sentAny(cString), lineEnds: sentAny(lineEnds), blankBytes: sentAny(blankBytes), controlBytes: sentAny(controlBytes),
	highBytes: sentAny(highBytes), swapsCase: sentAny(swapsCase),
	textBytes: sentAny(cString, lineEnds, blankBytes, controlBytes, highBytes), foreignBytes: seen(sawBytes),
}

// contradicts reports whether the cause that is named for a failure is impossible after what was seen.
func contradicts(f *Failure) bool {
	shown, known := evidence[f.Fault]
	return known && !shown(f)
}

// The check is able to fail.
func TestContradictionsAreFound(t *testing.T) {
	for _, f := range []Failure{
		{Fault: leaksFD, What: "nothing happened for as long as the suite waits"},
		{Fault: resetsEarly, sight: sight{event: sawClose}},
		{Fault: textBytes, sight: sight{event: sawSilence, want: []byte("ABC")}},
		{Fault: highBytes, sight: sight{event: sawWrong, want: []byte("ABC"), got: []byte("ABx")}},
		{Fault: endsAfterOne, What: "could not connect"},
		{Fault: endsAfterOne, What: "the server closed the connection; the server has ended", sight: sight{event: sawClose, gotAny: true}},
	} {
		require.True(t, contradicts(&f), f.Fault)
	}
	require.False(t, contradicts(&Failure{Fault: highBytes, sight: sight{event: sawWrong, want: []byte("\xe9"), got: []byte("\xc9")}}))
}

// TestTwoFaultsAreTwoSentences: each of two faults is named, and nothing else is.
func TestTwoFaultsAreTwoSentences(t *testing.T) {
	if raceEnabled {
		return
	}
	latin1 := each(func(c byte) byte {
		if c >= 0xe0 && c != 0xff {
			return c - 32
		}
		return plainByte(c)
	})
	with := func(f flaw, more func(f *flaw)) flaw {
		more(&f)
		return f
	}
	for name, test := range map[string]struct {
		flaw flaw
		want []string
	}{
		"latin-1, and a descriptor for each client": {with(latin1, func(f *flaw) {
			f.begin = func(_ *reference, v *visit) {
				if kept, err := os.Open(os.DevNull); err == nil {
					leaked.Store(v, kept)
				}
			}
		}), []string{highBytes, leaksFD}},
		"swaps case, and ends at a reset": {with(each(func(c byte) byte {
			if c >= 'A' && c <= 'Z' {
				return c + 32
			}
			return plainByte(c)
		}), func(f *flaw) {
			f.end = func(r *reference, _ *visit, err error) {
				if isReset(err) {
					r.die(err)
				}
			}
		}), []string{swapsCase, diesServing}},
		"strips blanks, and resets when it stops": {with(answers(func(in []byte) []byte { return plain([]byte(strings.Trim(string(in), " \t"))) }),
			func(f *flaw) { f.rude = true }), []string{blankBytes, resetDrain}},
		"latin-1 and nothing else": {latin1, []string{highBytes}},
	} {
		t.Run(name, func(t *testing.T) {
			apart(t, func(t *testing.T) {
				target := InProcess(entryOf(name, test.flaw, servers.Traits{}), "tcp", t.TempDir())
				only := "^(bytes|cuts|reset|half-close|recovery)/|^resources/descriptors|^drain/(idle-client|keeps-sending)$"
				report := Check(t.Context(), target, Options{Only: regexp.MustCompile(only), Quick: true, Patience: time.Second})
				var got []string
				for _, f := range report.Faults() {
					got = append(got, f.Words)
					t.Log(f.Words, f.Cases)
				}
				require.ElementsMatch(t, test.want, got)
				for _, r := range report.Results {
					if r.Failure != nil {
						require.False(t, contradicts(r.Failure), "%s: %q is said of: %s", r.Case, r.Failure.Fault, r.Failure.What)
					}
				}
			})
		})
	}
}

// TestServerThatAnsweredALaterClientCalledAcceptAgain: a server that ends at one reply of many served more than its
// first client, which the replies that the others got show.
func TestServerThatAnsweredALaterClientCalledAcceptAgain(t *testing.T) {
	if raceEnabled {
		return
	}
	apart(t, func(t *testing.T) {
		var replies atomic.Int64
		target := InProcess(entryOf("ends at times", flaw{write: func(r *reference, v *visit, p []byte) (int, error) {
			if replies.Add(1)%500 == 0 {
				r.die(errors.New("boom"))
				return 0, errors.New("boom")
			}
			return v.Write(p)
		}}, servers.Traits{}), "tcp", t.TempDir())
		target.Cheap, target.Traits = false, nil // one server for many cases, so that it has had other clients
		report := Check(t.Context(), target, Options{Only: regexp.MustCompile("^(bytes|cuts)/"), Quick: true, Patience: time.Second, Parallel: 1})
		require.Positive(t, report.Count(Failed))
		for _, r := range report.Results {
			if r.Failure != nil {
				require.False(t, contradicts(r.Failure), "%s: %q is said of: %s", r.Case, r.Failure.Fault, r.Failure.What)
			}
		}
	})
}
