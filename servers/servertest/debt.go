package servertest

// debt is the replies that a client is owed and has not read yet, in the pieces in which they were made: they may
// be megabytes, of which none is moved, and the reply to what is sent again and again is there once.
type debt struct {
	pieces [][]byte
	size   int // in bytes
}

// add puts a reply behind those that are owed already. Nobody writes to it from then on.
func (d *debt) add(reply []byte) {
	if len(reply) > 0 {
		d.pieces = append(d.pieces, reply)
		d.size += len(reply)
	}
}

// pay takes the next n bytes away, of which there must be as many, and returns them.
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

// forgive takes all away and returns it.
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
