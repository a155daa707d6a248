package cmd

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"socketbench/experiments/quote"
	"socketbench/servers/upper"
)

// foretell says what will come back, before anything is sent: a reply is the file in upper case, and not a copy.
func (f *transfer) foretell(w io.Writer) {
	fmt.Fprintf(w, "%s: %s; they come back in upper case (a-z only), so %s will not be a copy\n",
		quote.Text(filepath.Base(f.in.Name())), counted(f.size, "byte"), quote.Text(filepath.Base(f.out.Name())))
}

// sums writes the size and the SHA-256 of both files, read again from the beginning. It fails if out is not in in upper
// case, because a file was changed meanwhile.
func (f *transfer) sums(w io.Writer) error {
	sent, upperCase, err := sumOf(f.in.Name())
	if err != nil {
		return err
	}
	came, _, err := sumOf(f.out.Name())
	if err != nil {
		return err
	}
	out, err := os.Stat(f.out.Name())
	if err != nil {
		return fmt.Errorf("talk: %w", err)
	}
	fmt.Fprintf(w, "sent       %d bytes, SHA-256 %x  %s\n", f.size, sent, quote.Text(f.in.Name()))
	fmt.Fprintf(w, "came back  %d bytes, SHA-256 %x  %s\n", out.Size(), came, quote.Text(f.out.Name()))
	if came != upperCase {
		return fmt.Errorf("talk: %s in upper case has the SHA-256 %x: one of the two files was changed during the transfer", f.in.Name(), upperCase)
	}
	fmt.Fprintf(w, "The second is the SHA-256 of %s in upper case.\n", quote.Text(f.in.Name()))
	return nil
}

// sumOf returns the SHA-256 of a file as it is, and that of the file in upper case.
func sumOf(name string) (as, upperCase [sha256.Size]byte, err error) {
	file, err := os.Open(name)
	if err != nil {
		return as, upperCase, fmt.Errorf("talk: %w", err)
	}
	defer file.Close()
	plain, changed := sha256.New(), sha256.New()
	for buf, big := make([]byte, 64<<10), make([]byte, 0, 64<<10); err == nil; {
		var n int
		n, err = file.Read(buf)
		plain.Write(buf[:n])
		changed.Write(upper.Bytes(big[:0], buf[:n]))
	}
	if !errors.Is(err, io.EOF) {
		return as, upperCase, fmt.Errorf("talk: %w", err)
	}
	return [sha256.Size]byte(plain.Sum(nil)), [sha256.Size]byte(changed.Sum(nil)), nil
}

// suspicion says which framing the server may have expected, where it ended a transfer before its time; "" if the file
// gives no reason for one.
func (f *transfer) suspicion() string {
	if f.framing == upper.Length {
		if f.done > 0 {
			return ""
		}
		return `; perhaps it expects another header than framing length has, four bytes, big-endian: ` + upper.LengthInPython
	}
	next := make([]byte, upper.DefaultLimit+1) // of the file, from the first byte that is not answered
	n, _ := f.in.ReadAt(next, f.done)
	next = next[:n]
	if n >= upper.HeaderSize && f.done == 0 {
		if says := binary.BigEndian.Uint32(next); says > upper.DefaultLimit {
			return fmt.Sprintf("; perhaps it expects a header with the length (--framing length): it would take the first four bytes of the file, %q, for a length of %d",
				next[:upper.HeaderSize], says)
		}
	}
	if f.framing == upper.Raw && n > upper.DefaultLimit && !bytes.Contains(next, []byte("\n")) {
		return fmt.Sprintf("; perhaps it expects lines (framing line): from there on the file has none of at most %d bytes", upper.DefaultLimit)
	}
	return ""
}
