package address

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Ended says in words what ended a conversation with a server. err is the error of a read or a write on the connection, or
// of a connect. meaning says what usually causes this; it is "" if there is nothing to add.
func Ended(err error) (what, meaning string) {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server closed the connection", "a read of 0 bytes means that the peer has closed"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.ENOTCONN):
		return "the server reset the connection",
			"its process ended, or it closed before it had read everything; replies on their way are lost"
	case errors.Is(err, syscall.EPIPE):
		return "the server had closed the connection", "it no longer takes what is sent"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, fs.ErrNotExist):
		return "the connection was refused", "no program listens there"
	case errors.Is(err, syscall.ETIMEDOUT):
		return "the connection timed out", "the other machine has not acknowledged what was sent"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "the server sent nothing in time", ""
	}
	return cause(err).Error(), ""
}
