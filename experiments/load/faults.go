package load

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
)

// Faults lists the kinds of failed connections that are counted, as the metrics errors.KIND. Where none of a kind failed
// there is no such metric.
func Faults() []string { return slices.Clone(faultNames[:]) }

// A fault is how a connection ended, or failed to begin, that the client wanted to keep.
type fault int

const (
	refused fault = iota
	reset
	closed // the server ended it
	timeout
	unreachable
	descriptors
	ports
	other
	faults int = iota
)

// faultNames are the names of metrics behind "errors.".
var faultNames = [faults]string{
	refused: "refused", reset: "reset", closed: "closed", timeout: "timeout", unreachable: "unreachable",
	descriptors: "descriptors", ports: "ports", other: "other",
}

// kindOf classifies the error of a connection.
func kindOf(err error) fault {
	var timed net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return refused
	case errors.Is(err, syscall.ECONNRESET):
		return reset
	case errors.Is(err, io.EOF), errors.Is(err, syscall.EPIPE):
		return closed
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE), errors.Is(err, syscall.ENOBUFS), errors.Is(err, syscall.ENOMEM):
		return descriptors
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EADDRINUSE):
		return ports
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return unreachable
	case errors.As(err, &timed) && timed.Timeout():
		return timeout
	}
	return other
}
