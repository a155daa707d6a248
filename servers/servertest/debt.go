package servertest

// debt is the replies that a client is owed and has not read yet. They are kept in the pieces in which they were
// made: they may be megabytes, which are never copied, and a reply that is owed many times is stored once.
type debt struct {
	pieces [][]byte
	size   int // in bytes
}

// add appends a reply to those that are owed. It must not be changed afterwards.
func (d *debt) add(reply []byte) {
	if len(reply) > 0 {
		d.pieces = append(d.pieces, reply)
		d.size += len(reply)
	}
}

// pay removes the next n bytes and returns them. At least n must be owed.
func (d *debt) pay(n int) (paid []byte) {
	d.size -= n
	for n > 0 {
		piece := d.pieces[0]
		if n < len(piece) {
			piece, d.pieces[0] = piece[:n:n], piece[n:]
		} else {
			d.pieces = d.pieces[1:]
		}
		if n -= len(piece); n == 0 && paid == nil {
			return piece
		}
		paid = append(paid, piece...)
	}
	return paid
}

// forgive removes everything and returns it.
func (d *debt) forgive() []byte { return d.pay(d.size) }

// peek returns a copy of what is owed next, at most n bytes of it.
func (d *debt) peek(n int) (next []byte) {
	for _, piece := range d.pieces {
		next = append(next, piece[:min(len(piece), n-len(next))]...)
		if len(next) == n {
			break
		}
	}
	return next
}
