package servertest

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// withHeader is a way to split requests whose headers have a size and a meaning of the mutant's own.
func withHeader(size int, of func(header []byte) int) flaw {
	return splitting(func(s *splits, buf []byte) ([]byte, error) { return lengthsOf(s, buf, size, of) }, nothing)
}

func lengthsOf(s *splits, buf []byte, size int, of func(header []byte) int) (out []byte, err error) {
	s.held = append(s.held, buf...)
	for len(s.held) >= size {
		n := of(s.held[:size])
		if n < 0 || n > s.p.Limit {
			return out, upper.ErrTooLong
		}
		if len(s.held) < size+n {
			break
		}
		out = append(append(out, s.held[:size]...), plain(s.held[size:size+n])...)
		s.held = s.held[size+n:]
	}
	return out, nil
}

func digits(header []byte) int {
	n, err := strconv.Atoi(strings.TrimSpace(string(header)))
	if err != nil {
		return -1
	}
	return n
}

// The framings that students write in place of the right one. Each is recognised, and is the cause of all that fails.
func TestOtherHeadersAreRecognised(t *testing.T) {
	t.Parallel()
	little, big := binary.LittleEndian, binary.BigEndian
	for name, c := range map[string]struct {
		flaw  flaw
		words string
	}{
		"little-endian":     {withHeader(4, func(h []byte) int { return int(little.Uint32(h)) }), "four bytes, little-endian (struct"},
		"two bytes":         {withHeader(2, func(h []byte) int { return int(big.Uint16(h)) }), "two bytes, big-endian"},
		"two bytes, little": {withHeader(2, func(h []byte) int { return int(little.Uint16(h)) }), "two bytes, little-endian"},
		"eight bytes":       {withHeader(8, func(h []byte) int { return int(big.Uint64(h)) }), "eight bytes, big-endian"},
		"native long":       {withHeader(8, func(h []byte) int { return int(little.Uint64(h)) }), "eight bytes, little-endian"},
		"counts itself":     {withHeader(4, func(h []byte) int { return int(big.Uint32(h)) - 4 }), "four bytes, big-endian, and counts itself"},
		"both":              {withHeader(4, func(h []byte) int { return int(little.Uint32(h)) - 4 }), "four bytes, little-endian, and counts itself"},
		"four digits":       {withHeader(4, digits), "text of 4 bytes, such as 0005"},
		"eight digits":      {withHeader(8, digits), "text of 8 bytes"},
		"blanks before digits": {splitting(func(s *splits, buf []byte) (out []byte, err error) {
			out, err = lengthsOf(s, buf, 10, digits)
			return bytes.ReplaceAll(out, []byte("0000"), []byte("    ")), err
		}, nothing), "text of 10 bytes"},
		"padded digits": {withHeader(10, digits), "text of 10 bytes"},
		"digits and newline": {splitting(func(s *splits, buf []byte) (out []byte, err error) {
			s.held = append(s.held, buf...)
			for {
				head, rest, found := bytes.Cut(s.held, []byte("\n"))
				n := digits(head)
				if found && n < 0 {
					return out, upper.ErrTooLong
				}
				if !found || len(rest) < n {
					return out, nil
				}
				out = append(append(append(out, head...), '\n'), plain(rest[:n])...)
				s.held = rest[n:]
			}
		}, nothing), "text and a newline"},
		"no header":        {answers(plain), noHeader},
		"lines":            {splitting(lines(given), nil), speaksLines},
		"bare reply":       {splitting(lengths(sizeOf, func([]byte) []byte { return nil }), nothing), bareReply},
		"little in answer": {splitting(lengths(sizeOf, func(h []byte) []byte { return []byte{h[3], h[2], h[1], h[0]} }), nothing), "that of its reply is four bytes, little-endian"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := InProcess(entryOf(name, c.flaw, servers.Traits{}), "tcp", t.TempDir())
			target.Framing = upper.Length
			report := Check(t.Context(), target, Options{Only: regexp.MustCompile("^(bytes/(hello|alphabet)|framing/length-(hello|header-letters|header-cut|newlines|waits|byte-order))$"),
				Patience: 300 * time.Millisecond})
			require.NotZero(t, report.Count(Failed))
			for _, r := range report.Results {
				if r.Outcome == Failed {
					require.Contains(t, r.Failure.Fault, c.words, r.Case)
					require.Contains(t, r.Failure.Fault, `struct.pack("!I", len(data)) + data`)
				}
			}
			require.Len(t, report.Faults(), 1)
		})
	}
}

// A server that speaks the framing, and has another fault, is not said to speak another one.
func TestTheRightHeaderIsRecognised(t *testing.T) {
	t.Parallel()
	target := InProcess(entryOf("leaves headers out of its limit", splitting(lengths(sizeOf, plain), nothing), servers.Traits{}), "tcp", t.TempDir())
	target.Framing = upper.Length
	report := Check(t.Context(), target, Options{Only: regexp.MustCompile("^framing/length-(hello|header-letters)$"), Patience: 300 * time.Millisecond})
	require.Equal(t, 1, report.Count(Failed))
	require.NotContains(t, report.Faults()[0].Words, "struct.pack")
}
